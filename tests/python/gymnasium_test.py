"""Gymnasium's own checker, its registry, and upstream's spaces."""

import warnings

import gymnasium
import minigrid  # noqa: F401: registers upstream's ids
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import rove

CHECKED = ["MiniGrid-DoorKey-8x8-v0", "MiniGrid-Dynamic-Obstacles-6x6-v0", "MiniGrid-Fetch-8x8-N3-v0", "MiniGrid-MultiRoom-N6-v0", "BabyAI-GoToLocal-v0"]


def check(env, allowed):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(env)
    unexpected = [str(w.message) for w in caught if not any(text in str(w.message) for text in allowed)]
    assert not unexpected


@pytest.mark.parametrize("id", CHECKED)
@pytest.mark.parametrize("columns", [None, "image", ["position", "direction", "mission"]])
def test_gymnasiums_checker_passes_minigrid(id, columns):
    check(gymnasium.make("rove/" + id, columns=columns).unwrapped, [])


@pytest.mark.parametrize("id", ["tabular/river_swim", "tabular/deep_sea", "dm_control/walker-walk", "dm_control/pendulum-swingup"])
def test_gymnasiums_checker_passes_the_other_families(id):
    # Observations without bounds have none upstream either; these ids are not in gymnasium's registry.
    check(rove.make(id), ["infinity", "not having a spec"])


@pytest.mark.parametrize("id", CHECKED)
def test_gymnasiums_registry_makes_batches(id):
    envs = gymnasium.make_vec("rove/" + id, num_envs=3, autoreset_mode="SameStep", max_steps=5)
    assert isinstance(envs.unwrapped, rove.VectorEnv)
    envs.reset(seed=0)
    for _ in range(5):
        *_, info = envs.step([0, 0, 0])
    assert info["_final_obs"].all()


@pytest.mark.parametrize("id", CHECKED)
def test_spaces_and_observations_are_upstreams(id):
    theirs, mine = gymnasium.make(id).unwrapped, gymnasium.make("rove/" + id).unwrapped
    assert mine.action_space == theirs.action_space
    assert mine.observation_space["image"] == theirs.observation_space["image"]
    assert mine.observation_space["direction"] == theirs.observation_space["direction"]
    their, _ = theirs.reset(seed=4)
    my, _ = mine.reset(seed=4)
    assert my.keys() == their.keys()
    assert (my["image"] == their["image"]).all() and my["image"].dtype == their["image"].dtype
    assert my["direction"] == their["direction"] and my["mission"] == their["mission"]
    assert theirs.observation_space["mission"].contains(my["mission"])


@pytest.mark.parametrize("options", [{}, {"agent_pov": True}, {"highlight": False, "tile_size": 8}])
def test_pictures_are_upstreams(options):
    theirs = gymnasium.make("MiniGrid-DoorKey-8x8-v0", render_mode="rgb_array", **options).unwrapped
    mine = gymnasium.make("rove/MiniGrid-DoorKey-8x8-v0", render_mode="rgb_array", **options).unwrapped
    theirs.reset(seed=4), mine.reset(seed=4)
    for action in (1, 2, 2, 3, 0):
        theirs.step(action), mine.step(action)
        picture = mine.render()
        assert picture.dtype == np.uint8 and (picture == theirs.render()).all()


def test_an_ended_episode_wants_a_reset():
    env = rove.make("MiniGrid-Empty-5x5-v0", max_steps=1)
    env.reset(seed=0)
    assert env.step(np.int64(0))[3] is True
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)


def test_known_solution_pays_upstreams_reward():
    env = rove.make("MiniGrid-Empty-5x5-v0")
    env.reset(seed=0)
    for action in (2, 2, 1, 2):
        assert env.step(action)[1:4] == (0.0, False, False)
    assert env.step(2)[1:4] == (1 - 0.9 * (5 / 100), True, False)
