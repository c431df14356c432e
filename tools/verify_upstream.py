#!/usr/bin/env python3
"""Play rove beside Farama Minigrid itself: the same fresh seeds and random actions on both sides, every step compared.

Compared are image, direction and mission, the reward's 64 bits, both end flags and the random state after every step, and at each
episode's start grid, box contents, agent, hand and time limit too. An episode's end is followed by an unseeded reset (rove's own
autoreset); environments are reused for three seeds, then made anew. Needs minigrid, gymnasium and rove: ./dev verify-upstream minigrid
"""
import argparse
import contextlib
import io
import json
import multiprocessing
import os
import re
import secrets
import signal
import struct
import sys
import time
import warnings
import zlib


def number(text):
    try:
        return int(float(text))  # 3e6 too
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def pattern(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None


def parse(arguments=None):
    options = "[--steps N] [--ids PATTERN] [--seed S] [--processes P] [--json]"
    parser = argparse.ArgumentParser(prog="./dev verify-upstream", description=__doc__.splitlines()[0], allow_abbrev=False,
                                     usage=f"%(prog)s minigrid {options}")
    parser.add_argument("suite", choices=["minigrid"])
    parser.add_argument("--steps", metavar="N", type=number, default=300_000, help="over all ids (default 300000)")
    parser.add_argument("--ids", metavar="PATTERN", type=pattern, default="", help="ids whose name this regular expression finds")
    parser.add_argument("--seed", metavar="S", type=int, help="of seeds and actions; default: fresh ones, printed")
    parser.add_argument("--processes", metavar="P", type=int, default=len(os.sched_getaffinity(0)), help="default: one a core")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.steps < 1 or args.processes < 1:
        parser.error("--steps and --processes want a number >= 1")
    if args.seed is not None and args.seed < 0:
        parser.error("--seed wants a number >= 0")
    return args


if __name__ == "__main__" and parse().check_arguments:  # before what only the virtual environment has is imported
    sys.exit()

import gymnasium
import minigrid
import numpy as np
from gymnasium.envs.registration import register, registry

import rove

# MultiRoom's class with the sizes that the RIDE study registered itself: rooms, largest size.
RIDE = {"N7-S4": (7, 4), "N7-S8": (7, 8), "N10-S4": (10, 4), "N10-S10": (10, 10), "N12-S10": (12, 10)}
# From 3.2.0 on, upstream's LevelGen forgets an earlier level's locked room; rove's ids are those of 3.1.0 (docs/minigrid.md).
FORGETFUL = {"BabyAI-Synth-v0", "BabyAI-SynthS5R2-v0", "BabyAI-SynthLoc-v0", "BabyAI-SynthSeq-v0"}
HANG_CPU_S = 30  # a call of the reference that takes longer never returns: its place_agent can loop for ever
SEEDS_PER_ENV = 3
CHUNK = 20_000  # steps of one job
LIVELY = np.array([0.15, 0.15, 0.45, 0.09, 0.03, 0.11, 0.02])  # walks further than uniform actions


class Hang(Exception):
    pass


class Mismatch(Exception):
    pass


def register_ride():
    for name, (rooms, size) in RIDE.items():
        if (id := f"MiniGrid-MultiRoom-{name}-v0") not in registry:
            register(id, "minigrid.envs:MultiRoomEnv", kwargs={"minNumRooms": rooms, "maxNumRooms": rooms, "maxRoomSize": size})


@contextlib.contextmanager
def hang_detected():
    """Raises Hang inside after HANG_CPU_S seconds of this process's own time: a busy machine is no hang. Hides what is printed."""

    def on_timer(*_):
        raise Hang

    previous = signal.signal(signal.SIGPROF, on_timer)
    signal.setitimer(signal.ITIMER_PROF, HANG_CPU_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def config_of(id):
    """rove's keys for what the installed minigrid does."""
    forgets = id in FORGETFUL and tuple(map(int, minigrid.__version__.split(".")[:2])) >= (3, 2)
    return {"stale_locked_room": False} if forgets else {}


class Pair:
    """One environment of each side."""

    def __init__(self, id):
        self.theirs = gymnasium.make(id, disable_env_checker=True).unwrapped
        self.mine = rove.make_vec(id, 1, copy=False, **config_of(id))

    def reset(self, seed):
        with hang_detected():
            theirs, _ = self.theirs.reset(seed=seed)
        mine, _ = self.mine.reset(seed=[seed])
        self.compare(mine, theirs)
        self.compare_level()

    def step(self, action):
        """Returns whether the episode ended."""
        with hang_detected():
            theirs, *outcome = self.theirs.step(action)
        reward, terminated, truncated, _ = outcome
        mine, my_reward, my_terminated, my_truncated, _ = self.mine.step(np.array([action], np.int32))
        self.equal("reward", struct.pack("<d", my_reward[0]).hex(), struct.pack("<d", reward).hex())
        self.equal("terminated", bool(my_terminated[0]), bool(terminated))
        self.equal("truncated", bool(my_truncated[0]), bool(truncated))
        self.compare(mine, theirs)
        return terminated or truncated

    def autoreset(self):
        with hang_detected():
            theirs, _ = self.theirs.reset()
        mine, reward, terminated, truncated, _ = self.mine.step(np.zeros(1, np.int32))
        self.equal("the reset's reward and ends", (reward[0], bool(terminated[0]), bool(truncated[0])), (0, False, False))
        self.compare(mine, theirs)
        self.compare_level()

    def compare(self, mine, theirs):
        self.equal("image", mine["image"][0].tolist(), theirs["image"].tolist())
        self.equal("direction", int(mine["direction"][0]), int(theirs["direction"]))
        self.equal("mission", mine["mission"][0], theirs["mission"])
        self.equal("random state", self.mine.rng_state(0), self.theirs.np_random.bit_generator.state)

    def compare_level(self):
        env, mine = self.theirs, self.mine.inspect(0)
        boxes = []
        for x in range(env.width):
            for y in range(env.height):
                cell = env.grid.get(x, y)
                if cell is not None and cell.type == "box" and cell.contains is not None:
                    boxes.append([x, y, *map(int, cell.contains.encode())])
        self.equal("grid", mine["grid"].tolist(), env.grid.encode().tolist())
        self.equal("box contents", [list(box) for box in mine["box"]], boxes)
        self.equal("agent", list(mine["agent"]), [*map(int, env.agent_pos), int(env.agent_dir)])
        self.equal("hand", mine["carrying"], None if env.carrying is None else [*map(int, env.carrying.encode())])
        self.equal("max_steps", mine["max_steps"], int(env.max_steps))

    @staticmethod
    def equal(what, mine, theirs):
        if mine != theirs:
            raise Mismatch(f"{what} is {mine!r:.200}, upstream has {theirs!r:.200}")


def play(job):
    """job: id, seed of its randomness, steps to play. Returns a row of the report."""
    id, seed, steps = job
    rng = np.random.default_rng(seed)
    row = {"id": id, "steps": 0, "resets": 0, "mismatches": 0, "hangs": 0, "first_mismatch": None}
    pair, uses = None, 0
    while row["steps"] < steps:
        if pair is None or uses == SEEDS_PER_ENV:
            pair, uses = Pair(id), 0
        uses += 1
        actions = pair.theirs.action_space.n
        p = LIVELY if actions == len(LIVELY) and rng.random() < 0.5 else None
        level_seed = int(rng.integers(2**63) if rng.random() < 0.5 else rng.integers(2**32))
        step = -1
        try:
            pair.reset(level_seed)
            row["resets"] += 1
            for step in range(min(int(rng.integers(100, 1000)), steps - row["steps"])):
                ended = pair.step(int(rng.choice(actions, p=p)))
                row["steps"] += 1
                if ended:
                    pair.autoreset()
                    row["resets"] += 1
        except Mismatch as mismatch:
            row["mismatches"] += 1
            row["first_mismatch"] = row["first_mismatch"] or f"{id} seed {level_seed}, after {step + 1} steps: {mismatch}"
            pair = None
            row["steps"] += 1  # the one that differs
        except (Hang, RecursionError):  # the reference gave no result
            row["hangs"] += 1
            pair = None
            if row["hangs"] > 100:
                break
    return row


def loadable(id):
    """None, or why the reference cannot make it."""
    try:
        with hang_detected():
            gymnasium.make(id, disable_env_checker=True).unwrapped.reset(seed=0)
    except Hang:
        pass
    except Exception as error:  # noqa: BLE001: e.g. a wheel without WFC's patterns
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def merge(rows):
    out = {}
    for row in rows:
        into = out.setdefault(row["id"], dict.fromkeys(("steps", "resets", "mismatches", "hangs"), 0) | {"id": row["id"], "first_mismatch": None})
        for key in ("steps", "resets", "mismatches", "hangs"):
            into[key] += row[key]
        into["first_mismatch"] = into["first_mismatch"] or row["first_mismatch"]
    return [out[id] for id in sorted(out)]


def main(arguments=None):
    args = parse(arguments)
    warnings.simplefilter("ignore")
    register_ride()
    begin = time.monotonic()
    seed = secrets.randbits(32) if args.seed is None else args.seed
    upstream = {id for id in registry if id.startswith(("MiniGrid-", "BabyAI-")) and args.ids.search(id)}
    missing = sorted(upstream - set(rove.envs()))
    shared = sorted(upstream & set(rove.envs()))
    unloadable = {id: why for id in shared if (why := loadable(id))}
    ids = [id for id in shared if id not in unloadable]
    if not ids:
        sys.exit(f"verify-upstream: no id that both sides have matches {args.ids.pattern!r}")
    each = -(-args.steps // len(ids))
    jobs = [(id, [seed, zlib.crc32(id.encode()), first], min(CHUNK, each - first)) for id in ids for first in range(0, each, CHUNK)]
    rows = []
    with multiprocessing.get_context("fork").Pool(min(args.processes, len(jobs))) as pool:
        for row in pool.imap_unordered(play, jobs):
            rows.append(row)
            if sys.stderr.isatty():
                end = "\n" if len(rows) == len(jobs) else ""
                print(f"\r{len(rows)}/{len(jobs)} jobs, {sum(r['mismatches'] for r in rows)} mismatches ", end=end, file=sys.stderr, flush=True)
    rows = merge(rows)
    total = {key: sum(row[key] for row in rows) for key in ("steps", "resets", "mismatches", "hangs")}
    versions = {"minigrid": minigrid.__version__, "gymnasium": gymnasium.__version__, "numpy": np.__version__, "rove": rove.__version__}
    if args.json:
        result = {"seed": seed, "versions": versions, "seconds": round(time.monotonic() - begin, 1), "ids": len(rows), "total": total,
                  "results": rows, "upstream_cannot_load": unloadable, "not_in_rove": missing}
        print(json.dumps(result, indent=1))
    else:
        print(f"{'id':<44}{'steps':>9}{'episodes':>10}{'mismatches':>12}{'hangs':>7}")
        for row in rows:
            print(f"{row['id']:<44}{row['steps']:>9}{row['resets']:>10}{row['mismatches']:>12}{row['hangs']:>7}")
        for row in rows:
            if row["first_mismatch"]:
                print(f"first mismatch: {row['first_mismatch']}")
        for id, why in unloadable.items():
            print(f"{id}: upstream cannot load it: {why}")
        if missing:
            print(f"not in rove: {len(missing)} ids ({', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''})")
        named = ", ".join(f"{name} {version}" for name, version in versions.items())
        print(f"{total['steps']} steps and {total['resets']} episode starts of {len(rows)} ids compared: {total['mismatches']} mismatches; "
              f"{total['hangs']} times the reference gave no result\nseed {seed}; {named}; {time.monotonic() - begin:.0f} s")
    return 1 if total["mismatches"] or total["steps"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
