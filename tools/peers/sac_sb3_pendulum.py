"""What does Stable-Baselines3's SAC learn from experience in which the swing-up is found? (docs/results.md, Control Suite.)
pendulum-swingup of dm_control, action repeat 1; the replay is filled from a file of `rove export-replay` before the first frame, so that
both begin with the same experience. Every 5000 frames 10 episodes are played greedily in an environment of their own; a line each on
standard output.

  python3 -m venv sb3 && sb3/bin/pip install stable_baselines3==2.9.2 torch==2.13.0 dm_control==1.0.50 mujoco==3.17.0 h5py
  MUJOCO_GL=disable sb3/bin/python tools/peers/sac_sb3_pendulum.py DATA.h5 SEED [FRAMES] > curve.csv"""
import sys

import gymnasium
import h5py
import numpy as np
import torch
from dm_control import suite
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback

EVERY, EPISODES = 5000, 10


class Pendulum(gymnasium.Env):
    """Actions of -1 to 1, as the task has them; its time limit truncates."""
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (3,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

    def __init__(self, seed):
        self.task = suite.load("pendulum", "swingup", {"random": seed})

    def reset(self, *, seed=None, options=None):
        return self.flat(self.task.reset()), {}

    def step(self, action):
        step = self.task.step(action)
        terminated = step.last() and step.discount == 0
        return self.flat(step), step.reward, terminated, step.last() and not terminated, {}

    @staticmethod
    def flat(step):
        return np.concatenate([step.observation["orientation"], step.observation["velocity"]]).astype(np.float32)


def fill(buffer, path):
    """Every transition of the file; none terminates, and a truncated one bootstraps as others do."""
    with h5py.File(path) as f:
        observations = np.concatenate([f["obs/orientation"][:, 0], f["obs/velocity"][:, 0]], axis=1)
        action, reward = f["action"][:, 0], f["reward"][:, 0]
        for row in np.flatnonzero(f["step_type"][:-1, 0] != 2):
            buffer.add(observations[row][None], observations[row + 1][None], action[row][None], reward[row][None], np.zeros(1), [{}])


class Evaluate(BaseCallback):
    def __init__(self, seed):
        super().__init__()
        self.env = Pendulum(seed)

    def _on_step(self):
        for _ in range(EPISODES if self.num_timesteps % EVERY == 0 else 0):
            observation, total, done = self.env.reset()[0], 0.0, False
            start = np.degrees(np.arctan2(observation[1], observation[0]))  # from the top
            while not done:
                action, _ = self.model.predict(observation, deterministic=True)
                observation, reward, terminated, truncated, _ = self.env.step(action)
                total, done = total + reward, terminated or truncated
            print(f"{self.num_timesteps},{start:.1f},{total:.0f},{self.model.log_ent_coef.exp().item():.5f}", flush=True)
        return True


def main():
    path, seed, frames = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    torch.set_num_threads(1)
    # The small nets of `rove study dmc`, and the other values of configs/base/sac.yaml.
    model = SAC("MlpPolicy", Pendulum(seed), learning_rate=3e-4, batch_size=256, tau=0.005, gamma=0.99, ent_coef="auto_0.1", learning_starts=0,
                train_freq=2, gradient_steps=1, policy_kwargs={"net_arch": [128, 128]}, seed=seed, device="cpu")
    fill(model.replay_buffer, path)
    print("frames,start_degrees,return,temperature")
    model.learn(frames, callback=Evaluate(1000 + seed))


main()
