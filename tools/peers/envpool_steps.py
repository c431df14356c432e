"""EnvPool through Python, synchronous, random actions; the best of the batch sizes named.
Usage: envpool_steps.py ID THREADS SECONDS ENVS..."""
import sys

import envpool
import numpy as np

from measure import rate, report


def measure(name, envs, threads, seconds):
    env = envpool.make(name, "gymnasium", num_envs=envs, num_threads=threads)
    env.reset()
    draw = np.random.default_rng(0)
    space, many = env.action_space, 61  # tables of actions drawn ahead; prime, so that no short cycle meets an episode's
    if hasattr(space, "n"):
        actions = draw.integers(space.n, size=(many, envs)).astype(np.int32)
    else:
        actions = draw.uniform(space.low, space.high, size=(many, envs, *space.shape)).astype(space.dtype)
    steps = max(1, 4096 // envs)
    at = 0

    def work():
        nonlocal at
        resets = 0
        for _ in range(steps):
            _, _, terminated, truncated, _ = env.step(actions[at])
            resets += np.count_nonzero(terminated | truncated)  # the next step only resets these: it is no frame
            at = (at + 1) % many
        return steps * envs - int(resets)

    rate(work, 0.2 * seconds)
    return {**rate(work, seconds), "envs": envs}


def main():
    name, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    best = max((measure(name, int(envs), threads, seconds) for envs in sys.argv[4:]), key=lambda row: row["per_s"])
    report(best, ["envpool", "gymnasium", "numpy"], envs=best.pop("envs"), threads=threads)


main()
