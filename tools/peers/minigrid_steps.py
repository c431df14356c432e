"""minigrid: one environment in Python, random actions. Usage: minigrid_steps.py ID SECONDS"""
import sys

import gymnasium
import minigrid  # noqa: F401  (registers the ids)
import numpy as np

from measure import rate, report


def main():
    env = gymnasium.make(sys.argv[1])
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(env.action_space.n, size=1000).tolist()  # drawn ahead: not measured

    def work():
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return len(actions)

    work()
    report(rate(work, float(sys.argv[2])), ["minigrid", "gymnasium", "numpy"])


main()
