"""NAVIX, jitted scans of vmapped environments with its own autoreset, MiniGrid's 7x7 view, random actions drawn inside.
Usage: navix_steps.py ID ENVS SECONDS [full]   (full: NAVIX's default observation, the whole grid)"""
import sys

import jax
import navix

from measure import rate, report

STEPS = 64


def main():
    envs = int(sys.argv[2])
    view = navix.observations.symbolic if "full" in sys.argv[4:] else navix.observations.symbolic_first_person
    env = navix.make(sys.argv[1], observation_fn=view)

    def step(carry, _):
        timestep, key = carry
        key, draw = jax.random.split(key)
        actions = jax.random.randint(draw, (envs,), 0, env.action_space.n)
        timestep = jax.vmap(env.step)(timestep, actions)
        # Everything a learner would read is an output, so that nothing of it is optimised away.
        return (timestep, key), (timestep.observation.sum(), timestep.reward.sum(), timestep.is_done().sum())

    @jax.jit
    def steps(carry):
        return jax.lax.scan(step, carry, None, STEPS)

    carry = (jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.key(0), envs)), jax.random.key(1))
    carry, _ = steps(carry)

    def work():
        nonlocal carry
        carry, (_, _, done) = steps(carry)
        return STEPS * envs - int(done.sum())  # the next step only resets these: it is no frame

    rate(work, 0.2 * float(sys.argv[3]))
    report(rate(work, float(sys.argv[3])), ["navix", "jax", "jaxlib"], envs=envs)


main()
