"""rove.make_vec against gymnasium's own SyncVectorEnv, and what only a batch over NumPy arrays can do."""

import threading

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import rove

SHORT = [
    ("MiniGrid-DoorKey-5x5-v0", {"max_steps": 7}),
    ("MiniGrid-Dynamic-Obstacles-5x5-v0", {}),
    ("MiniGrid-Fetch-5x5-N2-v0", {"columns": ["mission", "image", "position"]}),
    ("minigrid/multi_room", {"min_rooms": 2, "max_rooms": 3, "max_steps": 9, "columns": "image"}),
    ("MiniGrid-GoToDoor-5x5-v0", {"columns": "mission", "max_steps": 5}),
    ("tabular/deep_sea", {}),
    ("dm_control/pendulum-swingup", {"time_limit": 0.1}),
    ("dm_control/walker-walk", {"time_limit": 0.1}),
    ("dm_control/walker-walk", {"time_limit": 0.1, "flat_observation": True}),
]


def assert_same(mine, theirs):
    assert data_equivalence(mine, theirs, exact=True), f"{mine}\n{theirs}"


def as_sync_returns(observation):
    """Discrete columns are int32 here and int64 there."""
    if isinstance(observation, dict):
        return {key: as_sync_returns(value) for key, value in observation.items()}
    return observation.astype(np.int64) if isinstance(observation, np.ndarray) and observation.dtype == np.int32 and observation.ndim == 1 else observation


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("id, options", SHORT)
def test_equals_gymnasiums_sync_vector_env_in_every_autoreset_mode(id, options, mode):
    mine = rove.make_vec(id, 5, autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([lambda: rove.make(id, **options)] * 5, autoreset_mode=mode)
    assert mine.single_observation_space == theirs.single_observation_space
    assert mine.single_action_space == theirs.single_action_space
    assert mine.observation_space == theirs.observation_space
    assert mine.action_space == theirs.action_space
    assert mine.metadata == theirs.metadata
    assert mine.num_envs == 5
    theirs.action_space.seed(3)
    my, info = mine.reset(seed=11)
    their, their_info = theirs.reset(seed=11)
    assert_same(as_sync_returns(my), their)
    assert_same(info, their_info)
    ends = 0
    for _ in range(60):
        actions = theirs.action_space.sample()
        my, *my_rest = mine.step(actions)
        their, *their_rest = theirs.step(actions)
        assert my in mine.observation_space
        assert_same(as_sync_returns(my), their)
        assert_same(my_rest, their_rest)
        done = my_rest[1] | my_rest[2]
        ends += done.sum()
        if mode is AutoresetMode.DISABLED and done.any():
            assert_same(as_sync_returns(mine.reset(options={"reset_mask": done})[0]), theirs.reset(options={"reset_mask": done})[0])
    assert ends >= 5


def test_a_seed_gives_environment_i_the_seed_plus_i():
    batch, _ = rove.make_vec("MiniGrid-MultiRoom-N6-v0", 3).reset(seed=40)
    one, _ = rove.make("MiniGrid-MultiRoom-N6-v0").reset(seed=42)
    assert_same({"image": batch["image"][2], "direction": int(batch["direction"][2]), "mission": batch["mission"][2]}, one)


def test_a_list_of_seeds_restarts_some_streams_and_lets_others_go_on():
    states = []
    for seeds in ([7, 8], [7, None]):
        envs = rove.make_vec("MiniGrid-Empty-Random-6x6-v0", 2)
        envs.reset(seed=[1, 2])
        envs.reset(seed=seeds)
        states.append([envs.rng_state(i) for i in range(2)])
    assert states[0][0] == states[1][0]
    assert states[0][1] != states[1][1]
    envs = rove.make_vec("MiniGrid-Empty-Random-6x6-v0", 2)
    envs.reset(seed=[2, 2])
    envs.reset()
    assert envs.rng_state(0) == states[1][1]


def test_unseeded_batches_differ():
    first, second = (rove.make_vec("MiniGrid-Empty-Random-6x6-v0", 2) for _ in range(2))
    first.reset(), second.reset()
    assert len({str(envs.rng_state(i)["state"]["inc"]) for envs in (first, second) for i in range(2)}) == 4


def test_numpy_takes_the_random_state():
    envs = rove.make_vec("MiniGrid-FourRooms-v0", 1)
    envs.reset(seed=5)
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = envs.inspect(0)["rng"]
    envs.reset(), envs.reset(seed=5)
    again = np.random.Generator(np.random.PCG64())
    again.bit_generator.state = envs.inspect(0)["rng"]
    assert generator.integers(2**62) == again.integers(2**62)
    generator.bit_generator.state = np.random.default_rng(5).bit_generator.state
    assert generator.integers(2**62) != again.integers(2**62)


@pytest.mark.parametrize("id, steps", [("MiniGrid-DoorKey-5x5-v0", 300), ("dm_control/cartpole-balance", 20)])
def test_the_number_of_threads_changes_nothing(id, steps):
    runs = []
    for threads in (1, 2, 3, 5):
        envs = rove.make_vec(id, 7, threads=threads, copy=False)
        envs.reset(seed=0)
        envs.action_space.seed(0)
        log = b""
        for _ in range(steps):
            _, reward, terminated, truncated, _ = envs.step(envs.action_space.sample())
            log += b"".join(array.tobytes() for array in (*envs.buffers.values(), reward, terminated, truncated))
        runs.append(log)
    assert runs[0] == runs[1] == runs[2] == runs[3]


def test_copy_false_returns_the_arrays_themselves():
    envs = rove.make_vec("MiniGrid-Empty-5x5-v0", 4, copy=False)
    observation, _ = envs.reset(seed=0)
    assert observation["image"] is envs.buffers["image"]
    before = observation["direction"].copy()
    envs.step(np.zeros(4, np.int32))
    assert (observation["direction"] == (before + 3) % 4).all()
    kept, *_ = rove.make_vec("MiniGrid-Empty-5x5-v0", 4).reset(seed=0)
    assert (kept["direction"] == before).all()


def test_the_callers_arrays_are_written_in_place():
    storage = np.zeros((2, 4, 7, 7, 3), np.uint8)
    envs = rove.make_vec("MiniGrid-Empty-5x5-v0", 4, buffers={"image": storage[1]})
    observation, _ = envs.reset(seed=0)
    assert (storage[1] == observation["image"]).all() and storage[1].any() and not storage[0].any()


@pytest.mark.parametrize(
    "array", [np.zeros((4, 7, 7, 3), np.int8), np.zeros((3, 7, 7, 3), np.uint8), np.zeros((4, 7, 7, 6), np.uint8)[..., ::2], "read only", [1, 2]]
)
def test_a_wrong_array_is_refused(array):
    if isinstance(array, str):
        array = np.zeros((4, 7, 7, 3), np.uint8)
        array.flags.writeable = False
    with pytest.raises(rove.Error, match="^rove.make_vec\\('MiniGrid-Empty-5x5-v0'\\): buffers: "):
        rove.make_vec("MiniGrid-Empty-5x5-v0", 4, buffers={"image": array})


def refused(text, call):
    with pytest.raises(rove.Error) as caught:
        call()
    assert text in str(caught.value) and "\n" not in str(caught.value), str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_wrong_input_is_named_in_one_line():
    refused('did you mean "MiniGrid-DoorKey-5x5-v0"', lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v1", 2))
    refused('did you mean "max_steps"', lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, max_step=3))
    refused("max_steps: expected", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, max_steps=0))
    refused("cannot be a config value", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, max_steps=object()))
    refused("num_envs: expected", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 0))
    refused("threads: expected", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, threads=0))
    refused("there are image, direction", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, columns=["images"]))
    refused("each once", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, columns=["image", "image"]))
    refused('expected "text" or "index"', lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, mission="string"))
    refused("render_mode: expected", lambda: rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, render_mode="human"))
    refused("render_mode: expected", lambda: rove.make_vec("dm_control/cartpole-balance", 2, render_mode="rgb_array"))
    with pytest.raises(ValueError):
        rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2, autoreset_mode="Sometimes")
    envs = rove.make_vec("MiniGrid-DoorKey-5x5-v0", 2)
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step([0, 0])
    refused("seed < 2**64", lambda: envs.reset(seed=-1))
    refused("seed < 2**64", lambda: envs.reset(seed=2**64 - 1))
    with pytest.raises(ValueError, match="expected 2 seeds"):
        envs.reset(seed=[1])
    refused("reset_mask", lambda: envs.reset(options={"reset_mask": np.array([1, 0])}))
    refused("reset_mask", lambda: envs.reset(options={"reset_mask": np.zeros(2, bool)}))
    envs.reset(seed=0)
    refused("expected numbers of type int32", lambda: envs.step([0.5, 1]))
    refused("expected numbers of type int32", lambda: envs.step([0, 2**32]))
    refused("shape [2]", lambda: envs.step([0, 0, 0]))
    refused("row 2 is not in 0..1", lambda: envs.inspect(2))
    envs.close()
    envs.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        envs.reset()


def test_an_illegal_action_leaves_every_row_as_it_was():
    envs = rove.make_vec("MiniGrid-DoorKey-5x5-v0", 3)
    envs.reset(seed=0)
    before = [str(envs.inspect(i)) for i in range(3)]
    refused("environment 2: action 7 is not in 0..6", lambda: envs.step([0, 0, 7]))
    assert [str(envs.inspect(i)) for i in range(3)] == before


def test_an_action_that_is_no_number_leaves_every_row_as_it_was():
    envs, twin = (rove.make_vec("dm_control/cartpole-swingup", 3) for _ in range(2))
    for e in (envs, twin):
        e.reset(seed=0)
    refused("environment 2: action[0] is nan", lambda: envs.step(np.array([[0.5], [0.5], [np.nan]])))
    action = np.full((3, 1), 0.25)
    for mine, its in zip(envs.step(action)[:2], twin.step(action)[:2]):
        np.testing.assert_equal(mine, its)


def test_a_dead_rows_action_is_ignored_whatever_it_is():
    envs = rove.make_vec("MiniGrid-Empty-5x5-v0", 2, max_steps=1)
    envs.reset(seed=0)
    assert envs.step([0, 0])[3].all()
    _, reward, terminated, truncated, _ = envs.step([-1, 99])
    assert not (reward.any() or terminated.any() or truncated.any())


def test_disabled_autoreset_asks_for_the_ended_rows():
    envs = rove.make_vec("MiniGrid-Empty-5x5-v0", 2, max_steps=1, autoreset_mode="Disabled")
    envs.reset(seed=0)
    envs.step([0, 0])
    envs.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(gymnasium.error.ResetNeeded, match="rows \\[1\\]"):
        envs.step([0, 0])


def test_other_threads_run_while_a_batch_is_stepped():
    envs = rove.make_vec("MiniGrid-Empty-8x8-v0", 20_000, copy=False, columns="direction", max_steps=1 << 20)
    envs.reset(seed=0)
    turn_left, seen, stop = np.zeros(20_000, np.int32), [], threading.Event()

    def step():
        for _ in range(2000):
            envs.step(turn_left)
            if stop.is_set():
                return
        stop.set()

    thread = threading.Thread(target=step)
    thread.start()
    while not stop.is_set():
        snapshot = envs.buffers["direction"].copy()  # one call: the GIL is held all through
        if (snapshot != snapshot[0]).any():  # all rows turn alike, so a mixed one was taken within a step
            seen.append(True)
            stop.set()
    thread.join()
    assert seen


def test_episode_statistics_of_gymnasiums_wrapper():
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(
            rove.make_vec("MiniGrid-Empty-5x5-v0", 2, max_steps=6, autoreset_mode=mode)
        )
        envs.reset(seed=0)
        lengths = []
        for action in [0, 2, 0, 2, 0, 2, 0] * 2:
            *_, info = envs.step([action, action])
            if "episode" in info:
                lengths += info["episode"]["l"].tolist()
        assert lengths == [6] * 4


def test_every_id_opens_and_its_first_observations_are_in_its_spaces():
    for id in rove.envs():
        envs = rove.make_vec(id, 2)
        observation, _ = envs.reset(seed=1)
        assert observation in envs.observation_space, id
        envs.action_space.seed(0)
        observation, *_ = envs.step(envs.action_space.sample())
        assert observation in envs.observation_space, id
        assert rove.doc(id)
