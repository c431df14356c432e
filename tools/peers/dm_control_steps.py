"""dm_control: one environment in Python, random actions. Usage: dm_control_steps.py DOMAIN TASK SECONDS"""
import os
import sys

os.environ["MUJOCO_GL"] = "disable"
import numpy as np  # noqa: E402
from dm_control import suite  # noqa: E402

from measure import rate, report  # noqa: E402


def main():
    env = suite.load(sys.argv[1], sys.argv[2], task_kwargs={"random": 0})
    spec = env.action_spec()
    actions = np.random.default_rng(0).uniform(spec.minimum, spec.maximum, size=(500, *spec.shape))  # drawn ahead
    env.reset()

    def work():
        resets = sum(env.step(action).last() for action in actions)
        if resets:  # the step after an episode's end only resets
            env.reset()
        return len(actions)

    work()
    report(rate(work, float(sys.argv[3])), ["dm_control", "mujoco", "numpy"])


main()
