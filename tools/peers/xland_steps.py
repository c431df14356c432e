"""XLand-MiniGrid, jitted scans of vmapped environments, random actions drawn inside.
Usage: xland_steps.py ID ENVS SECONDS reset|endless
reset: episodes start anew by its GymAutoResetWrapper; endless: without it, an ended episode is stepped on and no level is drawn."""
import sys

import jax
import xminigrid
from xminigrid.wrappers import GymAutoResetWrapper

from measure import rate, report

STEPS = 64


def main():
    envs = int(sys.argv[2])
    env, params = xminigrid.make(sys.argv[1])
    if sys.argv[4] == "reset":
        env = GymAutoResetWrapper(env)

    def step(carry, _):
        timestep, key = carry
        key, draw = jax.random.split(key)
        actions = jax.random.randint(draw, (envs,), 0, env.num_actions(params))
        timestep = jax.vmap(env.step, in_axes=(None, 0, 0))(params, timestep, actions)
        # Everything a learner would read is an output, so that nothing of it is optimised away.
        return (timestep, key), (timestep.observation.sum(), timestep.reward.sum(), timestep.last().sum())

    @jax.jit
    def steps(carry):
        return jax.lax.scan(step, carry, None, STEPS)

    reset = jax.jit(jax.vmap(env.reset, in_axes=(None, 0)), static_argnums=0)
    carry = (reset(params, jax.random.split(jax.random.key(0), envs)), jax.random.key(1))
    carry, _ = steps(carry)

    def work():
        nonlocal carry
        carry, outputs = steps(carry)
        jax.block_until_ready(outputs)
        return STEPS * envs

    rate(work, 0.2 * float(sys.argv[3]))
    report(rate(work, float(sys.argv[3])), ["xminigrid", "jax", "jaxlib"], envs=envs)


main()
