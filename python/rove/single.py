"""One environment as a gymnasium.Env."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from rove.vector import VectorEnv


class Env(gymnasium.Env):
    """One environment of an id. Options as VectorEnv has them: columns, mission, what concerns pictures, the environment's own keys.

    For speed take a VectorEnv: here most of a step is Python's. ``np_random`` is gymnasium's generator, which nothing reads;
    MiniGrid's stream is ``inspect()["rng"]``.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, id: str, **options: Any):
        self._envs = VectorEnv(id, 1, autoreset_mode=AutoresetMode.DISABLED, **options)
        self.metadata = {key: value for key, value in self._envs.metadata.items() if key != "autoreset_mode"}
        self.render_mode = self._envs.render_mode
        self.observation_space = self._envs.single_observation_space
        self.action_space = self._envs.single_action_space

    @property
    def max_steps(self) -> int:
        """The time limit of an episode, 0 for none."""
        return self._envs.max_steps

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Starts an episode; with a seed (below 2**64), the environment's stream starts anew from it."""
        super().reset(seed=seed)
        observation, info = self._envs.reset(seed=None if seed is None else [seed])
        return self._one(observation), info

    def step(self, action):
        """One step: observation, reward, terminated, truncated, info."""
        observation, reward, terminated, truncated, info = self._envs.step(np.asarray(action)[None])
        return self._one(observation), float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> np.ndarray | None:
        """With render_mode "rgb_array": the environment's picture, uint8 [height, width, 3]."""
        pictures = self._envs.render()
        return None if pictures is None else pictures[0]

    def inspect(self) -> dict[str, Any] | None:
        """The exact state, as VectorEnv.inspect shows it."""
        return self._envs.inspect(0)

    def close(self) -> None:
        self._envs.close()

    def _one(self, observation):
        if isinstance(self.observation_space, spaces.Dict):
            return {name: self._row(space, observation[name]) for name, space in self.observation_space.items()}
        return self._row(self.observation_space, observation)

    @staticmethod
    def _row(space, column):
        if isinstance(space, spaces.Text):
            return column[0]
        return int(column[0]) if isinstance(space, spaces.Discrete) else column[0, ...]  # an array, of no dimension too
