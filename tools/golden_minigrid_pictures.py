#!/usr/bin/env python3
"""Records CRCs of upstream MiniGrid's pictures (pip install minigrid==3.2.0) as JSON lines, gzipped, for tests/envs/minigrid_render_test.cc.

Row kinds:
  meta      versions
  tiles     size; crc: ten numbers, for lit no, yes and then agent none, right, down, left, up: crc32 of the tiles of an empty cell, then of
            each kind (wall, floor, open door, key, ball, box, goal, lava, closed door, locked door) in red, green, blue, purple, yellow, grey
            (lava: once); under_agent: how many of these cells are drawn with an agent, all of them at the usual sizes
  pictures  id, seed, size, view_size, actions; world, plain, view: crc32 chained over the pictures after the reset and after each action, of
            get_full_render with and without highlight and of get_pov_render
"""
import argparse
import gzip
import json
import random
import sys
import zlib

import gymnasium
import minigrid  # registers the ids
import numpy as np
from minigrid.core import world_object
from minigrid.core.grid import Grid

COLORS = ("red", "green", "blue", "purple", "yellow", "grey")


def cells():
    yield None
    makers = (
        world_object.Wall,
        world_object.Floor,
        lambda color: world_object.Door(color, is_open=True),
        world_object.Key,
        world_object.Ball,
        world_object.Box,
        world_object.Goal,
        None,
        world_object.Door,
        lambda color: world_object.Door(color, is_locked=True),
    )
    for maker in makers:
        if maker is None:
            yield world_object.Lava()
        else:
            yield from map(maker, COLORS)


def crc(picture, before=0):
    return zlib.crc32(np.ascontiguousarray(picture.astype(np.uint8)).tobytes(), before)


def tiles(size, under_agent):
    sums = []
    for lit in (False, True):
        for agent in (None, 0, 1, 2, 3):
            value = 0
            for cell in list(cells())[:None if agent is None else under_agent]:
                value = crc(Grid.render_tile(cell, agent, lit, size), value)
            sums.append(value)
    Grid.tile_cache.clear()
    return {"kind": "tiles", "size": size, "under_agent": under_agent, "crc": sums}


def pictures(name, seed, size, view_size, steps):
    env = gymnasium.make(name, agent_view_size=view_size).unwrapped
    env.reset(seed=seed)
    draw = random.Random(f"{name} {seed}")
    sums = {"world": 0, "plain": 0, "view": 0}
    actions = ""
    while True:
        sums["world"] = crc(env.get_frame(highlight=True, tile_size=size), sums["world"])
        sums["plain"] = crc(env.get_frame(highlight=False, tile_size=size), sums["plain"])
        sums["view"] = crc(env.get_frame(tile_size=size, agent_pov=True), sums["view"])
        if len(actions) == steps:
            break
        action = draw.choice("0122222334455") if env.action_space.n == 7 else draw.choice("0122")
        actions += action
        _, _, terminated, truncated, _ = env.step(int(action))
        if terminated or truncated:
            steps = len(actions)  # the last state is drawn too
    return {"kind": "pictures", "id": name, "seed": seed, "size": size, "view_size": view_size, "actions": actions, **sums}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--tiles", type=int, nargs="*", default=(*range(1, 17), 20, 24, 32), help="sizes of tiles")
    parser.add_argument("--whole", type=int, nargs="*", default=(8, 32), help="sizes at which an agent is drawn over everything; else over an empty cell")
    parser.add_argument("--ids", default="MiniGrid-", help="ids that begin so, WFC apart")
    parser.add_argument("--sizes", type=int, nargs="+", default=(8, 3, 5, 8, 32, 7), help="of pictures, in turn")
    parser.add_argument("--view-sizes", type=int, nargs="+", default=(7, 9, 7, 5, 7, 3, 15), help="the agent's, in turn")
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 2), metavar=("FROM", "BELOW"))
    parser.add_argument("--steps", type=int, default=40)
    args = parser.parse_args()
    names = sorted(name for name in gymnasium.registry if name.startswith(args.ids) and "WFC" not in name)
    with open(args.out, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
        def write(row):
            file.write((json.dumps(row, separators=(",", ":")) + "\n").encode())

        write({"kind": "meta", "minigrid": minigrid.__version__, "numpy": np.__version__})
        for size in args.tiles:
            write(tiles(size, len(list(cells())) if size in args.whole else 1))
        count = 0
        for name in names:
            for seed in range(*args.seeds):
                size, view_size = args.sizes[count % len(args.sizes)], args.view_sizes[count % len(args.view_sizes)]
                write(pictures(name, seed, size, view_size, args.steps))
                count += 1
    print(f"{len(names)} ids, {count} rows of pictures", file=sys.stderr)


main()
