#!/usr/bin/env python3
"""Cuts recorded traces down to what a test needs: the ids that rove has, and a part of what is recorded of each.

    build/release/rove list envs --json | tools/reduce_golden.py minigrid.jsonl.gz tests/golden/minigrid.jsonl.gz
    build/release/rove list envs --json | tools/reduce_golden.py dm_control.json.gz tests/golden/dm_control_mujoco2.2.2.json.gz

MiniGrid (JSON lines): of each id the first rows of every kind. Rollouts are kept with all of their actions or not at all, but of
the running CRC only every --crc-every-th value and the last: each covers all steps before it. Those with a seed from 500 up were
steered by a solver and end in success; they count apart from random ones.
dm_control (one JSON object): all states and observations, every --every-th reward and the first ten; null for the others.
The file's first entry says what it was cut from. The same input gives the same bytes."""
import argparse
import collections
import gzip
import json
import sys

SOLVER_SEED = 500


def kind_of(row):
    return "solved" if row["kind"] == "rollout" and row["seed"] >= SOLVER_SEED else row["kind"]


def thin(crc, every):
    """Of 8 hex digits a step those of every so-manieth step and of the last."""
    steps = [crc[at:at + 8] for at in range(0, len(crc), 8)]
    return "".join(step for t, step in enumerate(steps, 1) if t % every == 0 or t == len(steps))


def reduce(lines, ids, keep, max_actions, every):
    """Yields the first meta row and, in their order, at most keep[kind] rows of each kind for each id."""
    kept = collections.Counter()
    for line in lines:
        row = json.loads(line)
        if row["kind"] == "meta":
            if not kept["meta"]:
                yield {**row, "reduced": keep, "max_actions": max_actions, "crc_every": every}
            kept["meta"] += 1
            continue
        kind = kind_of(row)
        if row["id"] not in ids or kept[row["id"], kind] >= keep.get(kind, 0) or len(row.get("actions", "")) > max_actions:
            continue
        kept[row["id"], kind] += 1
        if row["kind"] == "rollout":
            row = {**row, "crc": thin(row["crc"], every), "crc_every": every}
        yield row


def reduce_dm_control(tasks, ids, every):
    """The object with the tasks that rove has and thinned rewards."""
    out = {"_meta": {**tasks["_meta"], "reduced": {"every": every}}}
    for name, task in tasks.items():
        if "dm_control/" + name.replace("/", "-") not in ids:
            continue
        for episode in task["episodes"]:
            episode["rew"] = [r if step <= 10 or step % every == 0 else None for step, r in enumerate(episode["rew"], 1)]
        out[name] = task
    return out


def write(path, text):
    with open(path, "wb") as out:
        out.write(gzip.compress(text.encode(), 9, mtime=0))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorded", help="JSON or JSON lines, gzip")
    parser.add_argument("out", help="the same, gzip")
    parser.add_argument("--ids", type=argparse.FileType(), default=sys.stdin, help="output of `rove list envs --json` (default: stdin)")
    parser.add_argument("--reset", type=int, default=8, help="rows an id")
    parser.add_argument("--reuse", type=int, default=1, help="rows an id")
    parser.add_argument("--rollout", type=int, default=3, help="random rollouts an id")
    parser.add_argument("--solved", type=int, default=1, help="rollouts of a solver an id")
    parser.add_argument("--max-actions", type=int, default=400, help="longer rollouts are left out")
    parser.add_argument("--crc-every", type=int, default=16, help="MiniGrid: steps between the values kept of a rollout's CRC")
    parser.add_argument("--every", type=int, default=5, help="dm_control: a reward is kept each so many steps")
    args = parser.parse_args()

    ids = {env["name"] for env in json.load(args.ids)}
    with gzip.open(args.recorded, "rt", encoding="utf-8") as recorded:
        first = json.loads(recorded.readline())
    if "_meta" in first:
        tasks = reduce_dm_control(first, ids, args.every)
        write(args.out, json.dumps(tasks, separators=(",", ":")) + "\n")
        print(f"{args.out}: {len(tasks) - 1} tasks")
        return
    keep = {kind: getattr(args, kind) for kind in ("reset", "reuse", "rollout", "solved")}
    with gzip.open(args.recorded, "rt", encoding="utf-8") as recorded:
        rows = list(reduce(recorded, ids, keep, args.max_actions, args.crc_every))
    if len(rows) < 2:
        sys.exit(f"{args.recorded}: no row of the given ids")
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    write(args.out, text)
    kinds = collections.Counter(row["kind"] for row in rows)
    print(f"{args.out}: {len(set(row.get('id') for row in rows[1:]))} ids, " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()))


if __name__ == "__main__":
    main()
