"""PPO with everything in one jitted function, environment included: XLand-MiniGrid, flax, optax. DoorKey-8x8, rollouts of 128 steps,
4 epochs x 4 minibatches. The network of ppo_torch.py but for XLand's six actions; its two observation planes get a third of zeros.
Usage: ppo_jax.py ENVS SECONDS"""
import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import xminigrid
from xminigrid.wrappers import GymAutoResetWrapper

from measure import rate, report

STEPS, EPOCHS, MINIBATCHES = 128, 4, 4
GAMMA, LAMBDA, CLIP, ENTROPY, VALUE, MAX_NORM = 0.99, 0.95, 0.2, 0.005, 0.5, 0.5


class ActorCritic(nn.Module):
    actions: int

    @nn.compact
    def __call__(self, obs):
        x = nn.relu(nn.Conv(16, (2, 2), padding="VALID")(obs))
        x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.relu(nn.Conv(32, (2, 2), padding="VALID")(x))
        x = nn.relu(nn.Conv(64, (2, 2), padding="VALID")(x))
        x = x.reshape(*x.shape[:-3], -1)
        logits = nn.Dense(self.actions)(nn.tanh(nn.Dense(64)(x)))
        return jax.nn.log_softmax(logits), nn.Dense(1)(nn.tanh(nn.Dense(64)(x))).squeeze(-1)


def planes(timestep):
    image = timestep.observation.astype(jnp.float32)
    return jnp.concatenate([image, jnp.zeros_like(image[..., :1])], -1)


def pick(log_probs, actions):
    return jnp.take_along_axis(log_probs, actions[..., None], -1).squeeze(-1)


def build(env_id, envs):
    """Returns (iteration's first carry, jitted carry -> carry and mean reward, number of parameters)."""
    env, params = xminigrid.make(env_id)
    env = GymAutoResetWrapper(env)
    net = ActorCritic(env.num_actions(params))
    optimizer = optax.chain(optax.clip_by_global_norm(MAX_NORM), optax.adam(3e-4, eps=1e-5))
    env_step = jax.vmap(env.step, in_axes=(None, 0, 0))

    def collect(weights, timestep, key):
        def step(carry, _):
            timestep, key = carry
            key, draw = jax.random.split(key)
            obs = planes(timestep)
            log_probs, value = net.apply(weights, obs)
            action = jax.random.categorical(draw, log_probs)
            timestep = env_step(params, timestep, action)
            row = {"obs": obs, "action": action, "log_prob": pick(log_probs, action), "value": value,
                   "reward": timestep.reward, "alive": 1.0 - timestep.last()}
            return (timestep, key), row

        return jax.lax.scan(step, (timestep, key), None, STEPS)

    def advantages(rows, last_value):
        def back(carry, row):
            advantage, next_value = carry
            delta = row["reward"] + GAMMA * next_value * row["alive"] - row["value"]
            advantage = delta + GAMMA * LAMBDA * row["alive"] * advantage
            return (advantage, row["value"]), advantage

        return jax.lax.scan(back, (jnp.zeros_like(last_value), last_value), rows, reverse=True)[1]

    def loss(weights, batch):
        log_probs, value = net.apply(weights, batch["obs"])
        advantage = (batch["advantage"] - batch["advantage"].mean()) / (batch["advantage"].std() + 1e-8)
        ratio = jnp.exp(pick(log_probs, batch["action"]) - batch["log_prob"])
        policy_loss = jnp.maximum(-advantage * ratio, -advantage * jnp.clip(ratio, 1 - CLIP, 1 + CLIP)).mean()
        value_loss = 0.5 * jnp.square(value - batch["return"]).mean()
        entropy = -(jnp.exp(log_probs) * log_probs).sum(-1).mean()
        return policy_loss + VALUE * value_loss - ENTROPY * entropy

    def learn(weights, state, rows, key):
        flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), rows)

        def minibatch(carry, chosen):
            weights, state = carry
            gradient = jax.grad(loss)(weights, jax.tree.map(lambda x: x[chosen], flat))
            change, state = optimizer.update(gradient, state)
            return (optax.apply_updates(weights, change), state), None

        def epoch(carry, key):
            order = jax.random.permutation(key, STEPS * envs).reshape(MINIBATCHES, -1)
            return jax.lax.scan(minibatch, carry, order)

        return jax.lax.scan(epoch, (weights, state), jax.random.split(key, EPOCHS))[0]

    def iterate(carry):
        weights, state, timestep, key = carry
        key, shuffle = jax.random.split(key)
        (timestep, key), rows = collect(weights, timestep, key)
        advantage = advantages(rows, net.apply(weights, planes(timestep))[1])
        rows = {**rows, "advantage": advantage, "return": advantage + rows["value"]}
        weights, state = learn(weights, state, rows, shuffle)
        return (weights, state, timestep, key), rows["reward"].mean()

    timestep = jax.vmap(env.reset, in_axes=(None, 0))(params, jax.random.split(jax.random.key(0), envs))
    weights = net.init(jax.random.key(1), planes(timestep))
    carry = (weights, optimizer.init(weights), timestep, jax.random.key(2))
    iterate = jax.jit(iterate, donate_argnums=0).lower(carry).compile()  # ahead of time: no iteration is spent on warming up
    return carry, iterate, sum(leaf.size for leaf in jax.tree.leaves(weights))


def main():
    envs = int(sys.argv[1])
    carry, iterate, parameters = build("MiniGrid-DoorKey-8x8", envs)

    def work():
        nonlocal carry
        carry, reward = iterate(carry)
        reward.block_until_ready()
        return STEPS * envs

    report(rate(work, float(sys.argv[2])), ["jax", "jaxlib", "xminigrid", "flax", "optax"], envs=envs, parameters=parameters)


if __name__ == "__main__":
    main()
