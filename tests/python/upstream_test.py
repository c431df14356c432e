"""tools/verify_upstream.py: matches upstream on a few ids, and reports each kind of planted difference."""

import importlib.util
import pathlib

import numpy as np
import pytest

import rove

_path = pathlib.Path(__file__).parents[2] / "tools" / "verify_upstream.py"
_spec = importlib.util.spec_from_file_location("verify_upstream", _path)
verify_upstream = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verify_upstream)
verify_upstream.register_ride()


@pytest.mark.parametrize("id", ["MiniGrid-ObstructedMaze-2Dlhb-v1", "MiniGrid-MultiRoom-N7-S4-v0", "MiniGrid-Dynamic-Obstacles-8x8-v0", "BabyAI-SynthLoc-v0"])
def test_upstream_agrees(id):
    row = verify_upstream.play((id, [1, 2], 1500))
    assert row["mismatches"] == 0 and row["hangs"] == 0 and row["first_mismatch"] is None
    assert row["steps"] == 1500 and row["resets"] >= 3


class Planted:
    """A batch that is wrong in one way."""

    def __init__(self, envs, fault):
        self.envs, self.fault, self.steps = envs, fault, 0

    def reset(self, seed):
        return self.envs.reset(seed=seed)

    def step(self, actions):
        self.steps += 1
        observation, reward, terminated, truncated, info = self.envs.step(actions)
        if self.fault == "image" and self.steps == 40:
            observation["image"][0, 3, 2, 1] ^= 1
        elif self.fault == "direction" and self.steps == 40:
            observation["direction"][0] ^= 1
        elif self.fault == "mission":
            observation["mission"] = (observation["mission"][0] + "s",)
        elif self.fault == "reward":
            reward = np.where(terminated & (reward > 0), np.nextafter(reward, 0), reward)
        elif self.fault == "truncated":
            truncated = truncated & False
        return observation, reward, terminated, truncated, info

    def rng_state(self, row):
        state = self.envs.rng_state(row)
        if self.fault == "random state":
            state["uinteger"] ^= 1
        return state

    def inspect(self, row):
        state = self.envs.inspect(row)
        if self.fault == "hand":
            state["carrying"] = (5, 1, 0)
        elif self.fault == "grid":
            state["grid"] = state["grid"] ^ np.uint8(1)
        return state


@pytest.mark.parametrize("fault", ["image", "direction", "mission", "reward", "truncated", "random state", "hand", "grid"])
def test_a_planted_difference_is_found_and_named(monkeypatch, fault):
    make_vec = rove.make_vec
    monkeypatch.setattr(rove, "make_vec", lambda *args, **kwargs: Planted(make_vec(*args, **kwargs), fault))
    row = verify_upstream.play(("MiniGrid-Empty-5x5-v0", 0, 1500 if fault in ("reward", "truncated") else 200))
    assert row["mismatches"] > 0
    assert f": {fault} is " in row["first_mismatch"]


def test_a_hang_of_the_reference_is_skipped_and_counted(monkeypatch):
    monkeypatch.setattr(verify_upstream, "HANG_CPU_S", 0.2)
    steps = 0

    class Hanging(verify_upstream.Pair):
        def reset(self, seed):
            nonlocal steps
            steps += 1
            if steps == 2:
                with verify_upstream.hang_detected():
                    while True:
                        pass
            super().reset(seed)

    monkeypatch.setattr(verify_upstream, "Pair", Hanging)
    row = verify_upstream.play(("MiniGrid-Empty-5x5-v0", 0, 1500))
    assert row["hangs"] == 1 and row["mismatches"] == 0 and row["steps"] == 1500
