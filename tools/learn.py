#!/usr/bin/env python3
"""The learning studies: every config x seeds 1..K, two runs at a time with one thread each (1.3 times the throughput of one run
with two threads). Finished runs are kept, unfinished ones resumed. Writes, for each task (configs named TASK_ARM.yaml):
OUT/TASK.csv (every evaluation of every run), OUT/TASK.svg (every seed and the IQM), and OUT/summary.md.

A run has solved its task at the first evaluation where the last 100 evaluation episodes average at least 0.9 x plateau."""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys

# Return of a good policy, as published curves show it (Raileanu & Rocktaeschel 2020; read by eye).
PLATEAU = {"multiroom_n7s4": 0.78, "keycorridor_s3r3": 0.91}
WINDOW = 100  # evaluation episodes


def evaluations(run):
    rows = []
    with open(run / "metrics.jsonl", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "eval/return_mean" in row:
                rows.append((row["env_steps"], row["eval/episodes"], row["eval/return_mean"], row.get("eval/success_rate")))
    return rows


def last_window(rows, upto):
    """Mean return of the newest evaluations before index `upto` that make WINDOW episodes; None if there are fewer."""
    episodes = total = 0
    for _, count, mean, _ in reversed(rows[:upto]):
        episodes, total = episodes + count, total + count * mean
        if episodes >= WINDOW:
            return total / episodes
    return None


def frames_to_solve(rows, threshold):
    for k in range(1, len(rows) + 1):
        mean = last_window(rows, k)
        if mean is not None and mean >= threshold:
            return rows[k - 1][0]
    return None


def finished(run):
    return (run / "finished").exists()


def train(rove, config, seed, run):
    if finished(run):
        return f"{run.name}: finished before"
    command = [rove, "train", str(config), f"run.seed={seed}", "run.threads=1", "log.tensorboard=false", "--run", str(run), "--resume"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return f"{run.name}: FAILED: {done.stderr.strip()}"
    (run / "finished").touch()
    return f"{run.name}: " + next((line for line in done.stdout.splitlines() if line.startswith("evaluation")), "done")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rove", required=True)
    parser.add_argument("--configs", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    args.runs.mkdir(parents=True, exist_ok=True)

    jobs = [(config, seed, args.runs / f"{config.stem}-s{seed}") for seed in range(1, args.seeds + 1)
            for config in sorted(args.configs.glob("*.yaml"))]
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, line in enumerate(pool.map(lambda job: train(args.rove, *job), jobs), 1):
            failed |= "FAILED" in line
            print(f"{number}/{len(jobs)} {line}", flush=True)

    tasks = collections.defaultdict(lambda: collections.defaultdict(list))
    for config, seed, run in jobs:
        task = next((t for t in PLATEAU if config.stem.startswith(t)), None)
        if task is None:
            sys.exit(f"{config}: no plateau is known for its task; add it to PLATEAU in {__file__}")
        if finished(run):
            tasks[task][config.stem[len(task) + 1:]].append((seed, run))

    summary = ["| task | bonus | solved | frames to solve: median [all] | final return: mean [min, max] |", "| --- | --- | --- | --- | --- |"]
    for task, arms in tasks.items():
        with open(args.out / f"{task}.csv", "w", newline="", encoding="utf-8") as out:
            table = csv.writer(out)
            table.writerow(["arm", "seed", "env_steps", "episodes", "return_mean", "success_rate"])
            for arm, runs in arms.items():
                for seed, run in runs:
                    table.writerows((arm, seed, *row) for row in evaluations(run))
        for arm, runs in arms.items():
            curves = [evaluations(run) for _, run in runs]
            solved = [frames_to_solve(curve, 0.9 * PLATEAU[task]) for curve in curves]
            final = [last_window(curve, len(curve)) for curve in curves]
            # A run that never solves counts as later than any that does: the median is honest under censoring.
            order = sorted(solved, key=lambda frames: float("inf") if frames is None else frames)
            show = lambda frames: "not solved" if frames is None else f"{frames / 1e6:.2f} M"
            summary.append(f"| {task} | {arm} | {sum(f is not None for f in solved)} of {len(solved)} | {show(order[(len(order) - 1) // 2])} "
                           f"[{', '.join(map(show, solved))}] | {statistics.mean(final):.2f} [{min(final):.2f}, {max(final):.2f}] |")
        subprocess.run([args.rove, "plot", *(str(run) for runs in arms.values() for _, run in runs), "-o", str(args.out / f"{task}.svg")],
                       check=True, stdout=subprocess.DEVNULL)
    (args.out / "summary.md").write_text("\n".join(summary) + "\n", encoding="utf-8")
    print("\n".join(summary))
    sys.exit(1 if failed else 0)


main()
