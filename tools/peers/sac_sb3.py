"""Stable-Baselines3's own SAC.train on a filled buffer: observations 17, actions 6, defaults otherwise (2 x 256, batch 256, twin
critics, automatic temperature, Polyak 0.005 every update). Usage: sac_sb3.py THREADS SECONDS"""
import sys

import gymnasium
import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.logger import Logger

from measure import rate, report

OBS, ACT, ROWS, PIECE = 17, 6, 100_000, 50


class Shape(gymnasium.Env):
    """Tells SAC the shapes; never stepped."""
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (OBS,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (ACT,), np.float32)


def main():
    torch.set_num_threads(int(sys.argv[1]))
    model = SAC("MlpPolicy", Shape(), buffer_size=ROWS, batch_size=256, seed=0, device="cpu")
    model.set_logger(Logger(folder=None, output_formats=[]))
    draw = np.random.default_rng(0)
    buffer = model.replay_buffer
    buffer.observations[:] = draw.standard_normal(buffer.observations.shape)
    buffer.next_observations[:] = draw.standard_normal(buffer.next_observations.shape)
    buffer.actions[:] = draw.uniform(-1, 1, buffer.actions.shape)
    buffer.rewards[:] = draw.uniform(0, 1, buffer.rewards.shape)
    buffer.pos, buffer.full = 0, True

    def work():
        model.train(gradient_steps=PIECE, batch_size=256)
        return PIECE

    work()
    report(rate(work, float(sys.argv[2])), ["stable_baselines3", "torch", "numpy"], threads=torch.get_num_threads())


main()
