"""rove's environments for Stable-Baselines3, which has a vector interface of its own.

    from stable_baselines3 import PPO
    from rove.sb3 import make_vec_env

    envs = make_vec_env("MiniGrid-Empty-5x5-v0", n_envs=16, columns="image")
    PPO("MlpPolicy", envs, n_steps=64, policy_kwargs={"normalize_images": False}).learn(20_000)
"""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv, VecMonitor

from rove.vector import VectorEnv


class RoveVecEnv(VecEnv):
    """A rove.VectorEnv as a VecEnv. Ended episodes restart in the same step; infos have terminal_observation then."""

    def __init__(self, id: str, n_envs: int = 1, **options: Any):
        self.envs = VectorEnv(id, n_envs, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        super().__init__(n_envs, self.envs.single_observation_space, self.envs.single_action_space)

    def reset(self):
        observations, _ = self.envs.reset(seed=self._seeds if any(s is not None for s in self._seeds) else None)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self):
        observations, rewards, terminated, truncated, info = self.envs.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        dones = terminated | truncated
        for i in np.flatnonzero(dones):
            infos[i] = {"terminal_observation": info["final_obs"][i], "TimeLimit.truncated": bool(truncated[i] and not terminated[i])}
        return observations, rewards.astype(np.float32), dones, infos

    def get_images(self):
        return self.envs.render() or [None] * self.num_envs

    def close(self) -> None:
        self.envs.close()

    def get_attr(self, attr_name: str, indices=None) -> list[Any]:
        return [getattr(self.envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices=None) -> None:
        raise NotImplementedError("the environments of a rove batch share their attributes")

    def env_method(self, method_name: str, *args: Any, indices=None, **kwargs: Any) -> list[Any]:
        """Of the methods of an environment there is ``inspect``."""
        if method_name != "inspect":
            raise AttributeError(f"the environments of a rove batch have no method {method_name!r}")
        return [self.envs.inspect(i) for i in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices=None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]


def make_vec_env(id: str, n_envs: int = 1, seed: int | None = None, **options: Any) -> VecMonitor:
    """As SB3's make_vec_env: ``n_envs`` environments with episode statistics. Options as rove.VectorEnv has them.

    SB3 takes no text: leave the mission out (``columns=["image", "direction"]`` or ``"image"``) or number it (``mission="index"``).
    """
    envs = RoveVecEnv(id, n_envs, **options)
    if seed is not None:
        envs.seed(seed)
    return VecMonitor(envs)
