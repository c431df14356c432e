"""SAC's update in JAX, all of it in one jitted function, replay on the device: observations 17, actions 6, 2 x 256, batch 256, twin
critics, automatic temperature, Polyak 0.005 every update. The best of the numbers of updates per call named.
Usage: sac_jax.py SECONDS UPDATES_PER_CALL..."""
import sys

import jax
import jax.numpy as jnp
import optax

from measure import rate, report

OBS, ACT, WIDTH, BATCH, ROWS = 17, 6, 256, 256, 100_000
GAMMA, TAU, LEARNING_RATE, TARGET_ENTROPY = 0.99, 0.005, 3e-4, -float(ACT)

optimizer = optax.adam(LEARNING_RATE)


def mlp_init(key, sizes):
    keys = jax.random.split(key, len(sizes) - 1)
    return [(jax.random.uniform(k, (i, o), minval=-(i**-0.5), maxval=i**-0.5), jnp.zeros(o))
            for k, i, o in zip(keys, sizes, sizes[1:])]


def mlp(layers, x):
    for w, b in layers[:-1]:
        x = jax.nn.relu(x @ w + b)
    return x @ layers[-1][0] + layers[-1][1]


def sample_action(actor, obs, key):
    """Squashed Gaussian: action and its log-probability."""
    mean, log_std = jnp.split(mlp(actor, obs), 2, -1)
    log_std = jnp.clip(log_std, -20, 2)
    noise = jax.random.normal(key, mean.shape)
    before = mean + jnp.exp(log_std) * noise
    log_prob = -0.5 * noise**2 - log_std - 0.5 * jnp.log(2 * jnp.pi) - 2 * (jnp.log(2.0) - before - jax.nn.softplus(-2 * before))
    return jnp.tanh(before), log_prob.sum(-1)


def both(critics, obs, action):
    x = jnp.concatenate([obs, action], -1)
    return mlp(critics[0], x).squeeze(-1), mlp(critics[1], x).squeeze(-1)


def update(carry, _, replay):
    nets, states, key = carry
    key, rows_key, next_key, now_key = jax.random.split(key, 4)
    rows = jax.random.randint(rows_key, (BATCH,), 0, ROWS)
    obs, action, reward, discount, next_obs = (column[rows] for column in replay)
    alpha = jnp.exp(nets["log_alpha"])

    next_action, next_log_prob = sample_action(nets["actor"], next_obs, next_key)
    target = jnp.minimum(*both(nets["target"], next_obs, next_action)) - alpha * next_log_prob
    target = reward + GAMMA * discount * target

    def critic_loss(critics):
        return sum(0.5 * jnp.square(q - target).mean() for q in both(critics, obs, action))

    def actor_loss(actor, critics):
        new_action, log_prob = sample_action(actor, obs, now_key)
        return (alpha * log_prob - jnp.minimum(*both(critics, obs, new_action))).mean(), log_prob

    def descend(name, gradient):
        change, states[name] = optimizer.update(gradient, states[name])
        nets[name] = optax.apply_updates(nets[name], change)

    nets, states = dict(nets), dict(states)
    descend("critics", jax.grad(critic_loss)(nets["critics"]))
    gradient, log_prob = jax.grad(actor_loss, has_aux=True)(nets["actor"], nets["critics"])
    descend("actor", gradient)
    descend("log_alpha", -(log_prob + TARGET_ENTROPY).mean())
    nets["target"] = jax.tree.map(lambda slow, fast: slow + TAU * (fast - slow), nets["target"], nets["critics"])
    return (nets, states, key), None


def first(key):
    keys = jax.random.split(key, 3)
    critics = [mlp_init(k, [OBS + ACT, WIDTH, WIDTH, 1]) for k in keys[:2]]
    nets = {"actor": mlp_init(keys[2], [OBS, WIDTH, WIDTH, 2 * ACT]), "critics": critics,
            "target": jax.tree.map(jnp.copy, critics), "log_alpha": jnp.zeros(())}
    return nets, {name: optimizer.init(nets[name]) for name in ("actor", "critics", "log_alpha")}, key


def measure(per_call, seconds):
    keys = jax.random.split(jax.random.key(0), 5)
    replay = (jax.random.normal(keys[0], (ROWS, OBS)), jax.random.uniform(keys[1], (ROWS, ACT), minval=-1),
              jax.random.uniform(keys[2], (ROWS,)), jnp.ones(ROWS), jax.random.normal(keys[3], (ROWS, OBS)))
    run = jax.jit(lambda carry, replay: jax.lax.scan(lambda c, x: update(c, x, replay), carry, None, per_call)[0],
                  donate_argnums=0)
    carry = run(first(keys[4]), replay)
    calls = max(1, 32 // per_call)

    def work():
        nonlocal carry
        for _ in range(calls):
            carry = run(carry, replay)
        jax.block_until_ready(carry)
        return calls * per_call

    work()
    return {**rate(work, seconds), "updates_per_call": per_call}


def main():
    best = max((measure(int(n), float(sys.argv[1])) for n in sys.argv[2:]), key=lambda row: row["per_s"])
    report(best, ["jax", "jaxlib", "optax"], updates_per_call=best.pop("updates_per_call"))


main()
