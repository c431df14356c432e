#!/usr/bin/env python3
"""Record what the reference's wrappers do (minigrid 3.2.0 from PyPI), for `rove verify minigrid`.

usage: record_minigrid_wrappers.py OUT.jsonl.gz FIRST_SEED NUM_SEEDS STEPS [CRC_EVERY]
One row of kind `wrapped` a case and seed: `env` is the environment in rove's config, `column` the observation compared, `first` the
CRC-32 of its bytes after reset(seed), `crc` the running CRC-32 over column, reward bits and end flags after every CRC_EVERY-th
step and the last (8 hex digits each), `ends` the episode ends [step, reward, terminated, truncated], `total` the sum of rewards,
`rng` the random state after the last step. An episode's end is followed by an unseeded reset.
"""
import gzip
import json
import struct
import sys
import warnings
import zlib

warnings.simplefilter("ignore")
import gymnasium as gym  # noqa: E402
import minigrid.wrappers as w  # noqa: E402
import numpy as np  # noqa: E402

DOOR_KEY, LAVA, MOVING = "MiniGrid-DoorKey-5x5-v0", "MiniGrid-LavaCrossingS9N2-v0", "MiniGrid-Dynamic-Obstacles-Random-5x5-v0"
FETCH, PUT, ROOMS, MAZE = ("MiniGrid-Fetch-6x6-N2-v0", "MiniGrid-PutNear-6x6-N2-v0", "MiniGrid-MultiRoom-N4-S5-v0",
                           "MiniGrid-ObstructedMaze-1Dlhb-v0")
SIMPLE, LOCKED, MEMORY, CORRIDOR = ("MiniGrid-SimpleCrossingS9N2-v0", "MiniGrid-LockedRoom-v0", "MiniGrid-MemoryS9-v0",
                                    "MiniGrid-KeyCorridorS3R2-v0")
POSITION, ACTION = "{type: position_bonus}", "{type: action_bonus}"
NO_LAVA, NO_BALL = "{type: no_death, types: [lava], cost: -0.3}", "{type: no_death, types: [ball, lava], cost: -1}"
IMAGE = ("image", "u1", lambda o: o["image"])


def column(name, dtype):
    return (name, dtype, lambda o: o["image"])


# (id, keys of rove's config, (column, dtype, from the reference's observation), wrappers, the innermost first)
CASES = [
    *[(i, "outputs: [full]", column("full", "u1"), [w.FullyObsWrapper]) for i in (DOOR_KEY, MOVING, ROOMS, MAZE, FETCH)],
    *[(i, "outputs: [one_hot]", column("one_hot", "u1"), [w.OneHotPartialObsWrapper]) for i in (MAZE, FETCH, LAVA, ROOMS)],
    *[(i, "outputs: [symbolic]", column("symbolic", "<i4"), [w.SymbolicObsWrapper]) for i in (DOOR_KEY, LAVA, ROOMS, MAZE)],
    *[(i, "outputs: [flat]", ("flat", "u1", lambda o: o), [w.FlatObsWrapper]) for i in (DOOR_KEY, FETCH, PUT, LOCKED, MEMORY)],
    *[(i, "outputs: [mission_words]", ("mission_words", "<i4", lambda o: o["mission"]), [w.DictObservationSpaceWrapper])
      for i in (DOOR_KEY, FETCH, PUT, LOCKED, MEMORY, SIMPLE, ROOMS, LAVA)],
    *[(i, f"view_size: {v}", IMAGE, [lambda e, v=v: w.ViewSizeWrapper(e, v)])
      for i, v in ((MAZE, 3), (ROOMS, 5), (CORRIDOR, 9), (ROOMS, 11), (FETCH, 13), (MAZE, 15), (LOCKED, 31))],
    (CORRIDOR, "view_size: 5, outputs: [one_hot]", column("one_hot", "u1"),
     [lambda e: w.ViewSizeWrapper(e, 5), w.OneHotPartialObsWrapper]),
    (FETCH, "view_size: 9, outputs: [flat]", ("flat", "u1", lambda o: o), [lambda e: w.ViewSizeWrapper(e, 9), w.FlatObsWrapper]),
    *[(i, f"wrappers: [{NO_LAVA}]", IMAGE, [lambda e: w.NoDeath(e, ("lava",), -0.3)]) for i in (LAVA, "MiniGrid-LavaGapS5-v0")],
    (MOVING, f"wrappers: [{NO_BALL}]", IMAGE, [lambda e: w.NoDeath(e, ("ball", "lava"), -1.0)]),
    *[(i, f"wrappers: [{ACTION}]", IMAGE, [w.ActionBonus]) for i in (DOOR_KEY, MOVING, MAZE)],
    *[(i, f"wrappers: [{POSITION}]", IMAGE, [w.PositionBonus]) for i in (DOOR_KEY, ROOMS)],
    (SIMPLE, "wrappers: [{type: position_bonus, scale: 0.3}]", IMAGE, [lambda e: w.PositionBonus(e, 0.3)]),
    (LAVA, f"wrappers: [{NO_LAVA}, {ACTION}]", IMAGE, [lambda e: w.NoDeath(e, ("lava",), -0.3), w.ActionBonus]),
    (LAVA, f"wrappers: [{ACTION}, {NO_LAVA}]", IMAGE, [w.ActionBonus, lambda e: w.NoDeath(e, ("lava",), -0.3)]),
    (MOVING, f"view_size: 5, outputs: [full], wrappers: [{NO_BALL}, {POSITION}, {ACTION}]", column("full", "u1"),
     [lambda e: w.NoDeath(e, ("ball", "lava"), -1.0), w.PositionBonus, w.ActionBonus, w.FullyObsWrapper]),
    *[(i, "levels: {seeds: [5, 3, 8], order: cycle}", IMAGE, [lambda e: w.ReseedWrapper(e, [5, 3, 8])])
      for i in (DOOR_KEY, MOVING, "MiniGrid-Empty-Random-5x5-v0")],
]


def rollout(case, seed, steps, every):
    name, keys, (column_name, dtype, get), wrappers = case
    env = gym.make(name)
    for wrapper in wrappers:
        env = wrapper(env)
    base = env.unwrapped
    data = lambda o: np.ascontiguousarray(np.asarray(get(o)).astype(dtype)).tobytes()
    random = np.random.RandomState(seed + 1000)
    many = base.action_space.n
    weights = np.array([.15, .15, .45, .09, .03, .11, .02]) if many == 7 else np.full(many, 1 / many)
    actions = random.choice(many, size=steps, p=weights)
    crc = zlib.crc32(data(env.reset(seed=seed)[0]))
    row = dict(kind="wrapped", id=name, env="{type: %s, %s}" % (name, keys), column=column_name, seed=seed,
               actions="".join(map(str, actions)), first="%08x" % crc, crc_every=every, crc="", ends=[], total=0.0)
    for t, action in enumerate(actions):
        obs, reward, terminated, truncated, _ = env.step(int(action))
        row["total"] += reward
        crc = zlib.crc32(struct.pack("<d", float(reward)) + bytes([terminated, truncated]), zlib.crc32(data(obs), crc))
        if terminated or truncated:
            row["ends"].append([t, float(reward), int(terminated), int(truncated)])
            crc = zlib.crc32(data(env.reset()[0]), crc)
        if (t + 1) % every == 0 or t + 1 == steps:
            row["crc"] += "%08x" % crc
    s = base.np_random.bit_generator.state
    row["rng"] = [str(s["state"]["state"]), str(s["state"]["inc"]), int(s["has_uint32"]), int(s["uinteger"])]
    return row


def main():
    out, (first, seeds, steps), every = sys.argv[1], map(int, sys.argv[2:5]), int((sys.argv[5:] or [1])[0])
    with gzip.GzipFile(out, "wb", 9, mtime=0) as file:
        meta = dict(kind="meta", minigrid="3.2.0", numpy=np.__version__, gymnasium=gym.__version__)
        rows = [meta] + [rollout(case, s, steps, every) for case in CASES for s in range(first, first + seeds)]
        file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
    ends = [end for row in rows[1:] for end in row["ends"]]
    print(f"{len(rows) - 1} rows, {len(ends)} ends, {sum(e[1] > 0 for e in ends)} paid")


main()
