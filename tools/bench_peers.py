#!/usr/bin/env python3
"""./dev bench --peers [envs|ppo|sac]: rove and other programs, as their users install them, side by side on this machine.

Every line of the tables is one process of its own, never two at once; rounds go through all lines in turns, so that all meet the same
load; median, [min, max] over the rounds. Peers live in virtual environments under .cache/peers/, made here from the pinned versions of
tools/peers/*.txt; a peer that cannot be installed or run has a line that says why, and the exit code is 1.

ROVE_BENCH_WRAP: words put before each measured command, e.g. "taskset -c 2,3"."""
import argparse
import dataclasses
import datetime
import hashlib
import json
import os
import pathlib
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS, CACHE = ROOT / "tools/peers", ROOT / ".cache/peers"
CORES = len(os.sched_getaffinity(0))
LIMIT_S = 600  # of one measurement; not kept under ROVE_BENCH_WRAP, which may wait


@dataclasses.dataclass
class Line:
    """One line of a table: what is measured and how."""
    task: str
    name: str
    threads: int
    command: list
    rate: str  # its key in the program's JSON
    venv: str = ""  # of a peer; rove has none
    rates: list = dataclasses.field(default_factory=list)
    details: dict = dataclasses.field(default_factory=dict)  # settings and versions, of the last round
    error: str = ""

    @property
    def is_rove(self):
        return not self.venv

    @property
    def median(self):
        return statistics.median(self.rates)


def peer(task, name, threads, venv, program, *words):
    return Line(task, name, threads, [str(CACHE / venv / "bin/python"), str(PROGRAMS / program), *map(str, words)], "per_s", venv)


def rove_steps(task, env, threads, envs, seconds):
    words = ["bench", "envs", env, "--envs", envs, "--threads", threads, "--repeats", 1, "--seconds", seconds, "--json"]
    return Line(task, "rove", threads, list(map(str, words)), "steps_per_s")


def rove_train(task, rate, threads, frames, config, *overrides):
    words = ["bench", "train", ROOT / "configs" / config, *overrides, f"run.threads={threads}", "--frames", frames, "--repeats", 1, "--json"]
    return Line(task, "rove", threads, list(map(str, words)), rate)


def thread_counts():
    return [1] if CORES == 1 else [1, CORES]


def envs_lines(seconds):
    for env, navix, xland in (("MiniGrid-DoorKey-8x8-v0", "Navix-DoorKey-8x8-v0", "MiniGrid-DoorKey-8x8"),
                              ("MiniGrid-KeyCorridorS3R3-v0", "Navix-KeyCorridorS3R3-v0", None),
                              ("MiniGrid-MultiRoom-N6-v0", None, None)):
        task = env.removeprefix("MiniGrid-").removesuffix("-v0")
        yield from (rove_steps(task, env, threads, 1024, seconds) for threads in thread_counts())
        yield peer(task, "minigrid, Python", 1, "envs", "minigrid_steps.py", env, seconds)
        for threads in thread_counts():
            yield peer(task, "EnvPool, best of 64 and 1024 envs", threads, "envs", "envpool_steps.py", env, threads, seconds, 64, 1024)
        if navix:
            yield peer(task, "NAVIX, jit, 1024 envs", CORES, "jax", "navix_steps.py", navix, 1024, seconds)
            yield peer(task, "the same, whole grid seen", CORES, "jax", "navix_steps.py", navix, 1024, seconds, "full")
        if xland:
            yield peer(task, "XLand-MiniGrid, jit, 1024 envs", CORES, "jax", "xland_steps.py", xland, 1024, seconds, "reset")
            yield peer(task, "the same, never reset", CORES, "jax", "xland_steps.py", xland, 1024, seconds, "endless")
    for domain, name in (("cheetah", "run"), ("walker", "walk"), ("cartpole", "swingup"), ("pendulum", "swingup")):
        task = f"{domain}-{name}"
        yield from (rove_steps(task, f"dm_control/{task}", threads, 16, seconds) for threads in thread_counts())
        for threads in thread_counts():
            yield peer(task, "EnvPool, 16 envs", threads, "envs", "envpool_steps.py", f"{domain.title()}{name.title()}-v1", threads, seconds, 16)
        yield peer(task, "dm_control, Python", 1, "envs", "dm_control_steps.py", domain, name, seconds)


def ppo_lines(seconds):
    for envs in (64, 512):
        task = f"{envs} environments"
        yield rove_train(task, "frames_per_s", CORES, int(150_000 * seconds), "demo_none.yaml", "env.type=MiniGrid-DoorKey-8x8-v0",
                         f"env.count={envs}", "agent.minibatches=4", "agent.encoder.pool=true", "agent.encoder.channels=[16,32,64]",
                         "agent.encoder.hidden=[]")
        yield peer(task, "eager torch + EnvPool", CORES, "torch", "ppo_torch.py", envs, seconds)
        yield peer(task, "JAX, all in one jit, XLand-MiniGrid", CORES, "jax", "ppo_jax.py", envs, seconds)


def sac_lines(seconds):
    for threads in thread_counts():  # cheetah-run has 17 observations and 6 actions; random frames fill the replay first
        yield rove_train("SAC update", "updates_per_s", threads, 100_000 + int(100 * seconds), "base/sac.yaml",
                         "env.type=dm_control/cheetah-run", "agent.random_frames=100000", "replay.capacity=1e5")
    for threads in thread_counts():
        yield peer("SAC update", "Stable-Baselines3", threads, "torch", "sac_sb3.py", threads, seconds)
    yield peer("SAC update", "JAX, jit, replay on the device", CORES, "jax", "sac_jax.py", seconds, 1, 32)


@dataclasses.dataclass
class Topic:
    title: str
    unit: str
    seconds: float  # of one measurement
    lines: object
    notes: list


TOPICS = {
    "envs": Topic("Environments, random actions", "steps/s", 1.0, envs_lines, [
        "Steps are live frames: a step that only resets is none. Every program writes its observations and starts ended episodes anew, "
        "except where it says otherwise.",
        "rove: every level and observation of minigrid 3.2.0 and dm_control, bit for bit (`rove verify`). It writes image, direction, mission, "
        "position, carrying and state key.",
        "EnvPool: levels of its own for the same seed (0 of 20 first observations agree with minigrid's on DoorKey, KeyCorridor and "
        "MultiRoom); its Control Suite follows dm_control's.",
        "NAVIX: MiniGrid's 7x7 view, and the whole grid, which is its default; its KeyCorridorS3R3 is a simpler level on a 7x7 grid; no MultiRoom.",
        "XLand-MiniGrid: a view through walls, six actions, two observation planes; no KeyCorridor or MultiRoom. Without its autoreset "
        "wrapper an ended episode is stepped on and no level is drawn.",
        "Control Suite: dm_control runs MuJoCo 3.17.0, rove the one it is linked with (Debian: 2.2.2), EnvPool the one in its wheel. Bare "
        "`mj_step` of 3.17.0 is 1.7 times 2.2.2's on walker and within 20 % of it on the other three.",
    ]),
    "ppo": Topic("PPO, DoorKey-8x8: rollouts of 128 steps, 4 epochs x 4 minibatches, network of 19,384 parameters", "frames/s", 3.0, ppo_lines, [
        "Collecting and learning together, gradients of every minibatch taken and applied. rove's rounds are of 450,000 frames, the others' "
        "of at least so many seconds.",
        "Faster is not sooner solved. EnvPool's levels and XLand-MiniGrid's views differ from MiniGrid's (see environments), and a level may "
        "differ in more than its draw: in about 3 of 10 of EnvPool's MultiRoom-N2-S4 the door opens onto a wall, so PPO stops at 70 % success "
        "there and reaches 100 % on minigrid's.",
        "rove's result does not depend on the number of threads; the peers do not promise that.",
        "XLand-MiniGrid has six actions, so its network has 19,319 parameters; a plane of zeros is added to its two.",
    ]),
    "sac": Topic("SAC: observations 17, actions 6, 2 x 256, batch 256, twin critics, automatic temperature, Polyak every update", "updates/s", 3.0,
                 sac_lines, [
        "The update alone, sampling included; acting and the environment are not. All sample from 100,000 rows, the peers from normal "
        "numbers, rove from random actions in cheetah-run; its rounds are of 300 updates, the others' of at least so many seconds. JAX: "
        "the better of 1 and 32 updates a call.",
    ]),
}  # yapf: disable


def last_line(text, prefix=""):
    """What a program complained of last: its last line that begins so, or else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ([line for line in lines if line.startswith(prefix)] or lines or ["no message"])[-1][:200]


def install(venv):
    """Makes .cache/peers/VENV if it is not there as pinned. Returns what went wrong, or an empty string."""
    pins, folder = PROGRAMS / f"{venv}.txt", CACHE / venv
    stamp, digest = folder / "pins.sha256", hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return ""
    log = CACHE / f"{venv}.log"
    print(f"{venv}: installing {pins.relative_to(ROOT)} into {folder.relative_to(ROOT)} (once; log: {log.relative_to(ROOT)})", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as out:
        for command in ([sys.executable, "-m", "venv", str(folder)],
                        [str(folder / "bin/pip"), "install", "--disable-pip-version-check", "--progress-bar", "off", "-r", str(pins)]):
            if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode != 0:
                said = log.read_text(encoding="utf-8")
                hint = " (apt-get install python3-venv)" if "ensurepip" in said else ""
                return f"not installed: {last_line(said, 'ERROR')}{hint}"
    stamp.write_text(digest, encoding="utf-8")
    return ""


def read_rate(answer, key):
    """A number, or rove's {"median", ...}; `rove bench envs` has it in the first of its results."""
    rate = (answer["results"][0] if "results" in answer else answer)[key]
    return float(rate["median"] if isinstance(rate, dict) else rate)


def measure(line, rove, wrap):
    command = [*wrap, *([str(rove)] if line.is_rove else []), *line.command]
    environment = dict(os.environ, JAX_PLATFORMS="cpu", JAX_COMPILATION_CACHE_DIR=str(CACHE / "jax_compiled"),
                       CUDA_VISIBLE_DEVICES="", PYTHONDONTWRITEBYTECODE="1")
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=None if wrap else LIMIT_S)
        if done.returncode != 0:
            signal = f"killed by signal {-done.returncode}" if done.returncode < 0 else ""
            line.error = signal or last_line(done.stderr)
            return
        # Libraries may print before: the answer is the last line of a peer, and all that rove prints.
        answer = json.loads(done.stdout if line.is_rove else done.stdout.strip().splitlines()[-1])
        line.rates.append(read_rate(answer, line.rate))
        line.details = {key: answer[key] for key in ("settings", "versions", "cores", "build_id", "blas_kernel", "cpu") if key in answer}
    except subprocess.TimeoutExpired:
        line.error = f"no answer within {LIMIT_S} s"
    except (OSError, ValueError, KeyError, IndexError) as error:
        line.error = f"{type(error).__name__}: {error}"


def short(rate):
    for limit, unit, digits in ((1e7, "M", 1), (1e6, "M", 2), (1e5, "k", 0), (1e3, "k", 1)):
        if rate >= limit:
            return f"{rate / (1e6 if unit == 'M' else 1e3):.{digits}f} {unit}"
    return f"{rate:.0f}"


def multiple(ratio):
    return f"{ratio:,.0f} x" if ratio >= 100 else f"{ratio:.3g} x"


def table(topic, lines):
    """Rows of cells. The ratio is rove's median with as many threads by the line's."""
    rows = [["task", "program", "threads", topic.unit, "[min, max]", "rove's is"]]
    before = None
    for line in lines:
        first = "" if line.task == before else line.task
        before = line.task
        if line.error:
            rows.append([first, line.name, str(line.threads), "-", line.error, "-"])
            continue
        ours = next((r for r in lines if r.is_rove and r.task == line.task and r.threads == line.threads and not r.error), None)
        ratio = "" if line.is_rove else "-" if ours is None else multiple(ours.median / line.median)
        rows.append([first, line.name, str(line.threads), short(line.median), f"[{short(min(line.rates))}, {short(max(line.rates))}]", ratio])
    return rows


def as_text(rows):
    widths = [max(len(row[k]) for row in rows if row[3] != "-" or k != 4) for k in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if k in (0, 1) else cell.rjust(width) for k, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in rows)


def as_markdown(rows):
    cells = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join([cells[0], "| --- | --- | ---: | ---: | --- | ---: |", *cells[1:]])


def busy_share(seconds):
    """The share of all cores that other work takes now."""
    def times():
        fields = [int(x) for x in pathlib.Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]]
        return sum(fields), fields[3] + fields[4]  # all, idle and waiting for a disk
    before = times()
    time.sleep(seconds)
    after = times()
    return 1 - (after[1] - before[1]) / max(after[0] - before[0], 1)


def machine():
    info = {"cpu": platform.processor(), "cores": CORES, "python": platform.python_version(), "busy_at_start": busy_share(2)}
    flags = ""
    for row in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = row.partition(":")
        if key.strip() == "model name":
            info["cpu"] = value.strip()
        elif key.strip() == "flags":
            flags = value.split()
    info["simd"] = next((name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")
    return info


def busy(host):
    return host["busy_at_start"] > 0.05


def wrapped(text, width=132):
    """Text as lines of at most `width` characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return "\n".join(lines)


def section(name, topic, lines, result):
    """The block of docs/benchmarks.md that belongs to a topic."""
    host, versions = result["machine"], {}
    for line in lines:
        versions.update(line.details.get("versions", {}))
    said = (f"`./dev bench --peers {name}` on {result['date'][:10]}: {host['cores']} cores of {host['cpu']} ({host['simd']}), "
            f"{host['busy_at_start']:.0%} busy at the start; median of {result['rounds']} rounds of {topic.seconds:g} s in turns. "
            + "Versions: " + ", ".join(f"{package} {version}" for package, version in sorted(versions.items()))
            + f"; rove at `{result['commit']}` ({', '.join(f'{name} {version}' for name, version in result.get('rove', {}).items())}).")
    if busy(host):
        said += (" **The machine was busy: these figures are too low, most of all those of programs with several threads. "
                 "Do not quote them.**")
    return "\n\n".join([wrapped(said), as_markdown(table(topic, lines)), "\n".join(wrapped(f"- {note}") for note in topic.notes)])


def write_sections(path, sections):
    text = path.read_text(encoding="utf-8")
    for name, body in sections.items():
        begin, end = f"<!-- peers {name} -->\n", f"<!-- /peers {name} -->"
        if begin not in text or end not in text:
            sys.exit(f"{path}: has no \"{begin.strip()}\" and \"{end}\" to write between")
        text = text[:text.index(begin) + len(begin)] + body + "\n" + text[text.index(end):]
    path.write_text(text, encoding="utf-8")


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def measure_all(names, rounds, rove):
    """Runs every line of the topics `rounds` times. Returns what the JSON file holds."""
    wrap = shlex.split(os.environ.get("ROVE_BENCH_WRAP", ""))
    lines = {name: list(TOPICS[name].lines(TOPICS[name].seconds)) for name in names}
    everything = [line for name in names for line in lines[name]]
    broken = {venv: install(venv) for venv in sorted({line.venv for line in everything if line.venv})}
    doctor = json.loads(subprocess.run([str(rove), "doctor", "--json"], capture_output=True, text=True, check=True).stdout)
    result = {"date": datetime.datetime.now().isoformat(timespec="seconds"), "commit": commit(), "machine": machine(), "rounds": rounds,
              "rove": {"LibTorch": doctor["libraries"]["LibTorch"], "OpenBLAS": doctor["openblas_version"], "MuJoCo": doctor["libraries"]["MuJoCo"]}}
    if busy(result["machine"]):
        print(f"this machine is busy ({result['machine']['busy_at_start']:.0%} of its cores): rates will be low and noisy", flush=True)
    for line in everything:
        line.error = broken.get(line.venv, "")
    for round_number in range(1, rounds + 1):
        for number, line in enumerate(everything, 1):
            if line.error:
                continue
            measure(line, rove, wrap)
            print(f"round {round_number} of {rounds}, {number} of {len(everything)}: {line.task}, {line.name}, "
                  f"{line.threads} thread{'s' if line.threads > 1 else ''}: {line.error or short(line.rates[-1])}", flush=True)
    return {**result, "topics": {name: [dataclasses.asdict(line) for line in lines[name]] for name in names}}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench --peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", metavar="envs|ppo|sac", help="default: all three")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rove", type=pathlib.Path, default=ROOT / "build/release/rove")
    parser.add_argument("--json", type=pathlib.Path, help="default: a new file in runs/peers/")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables into this page, e.g. docs/benchmarks.md")
    parser.add_argument("--from", dest="measured", type=pathlib.Path, help="show an earlier run's JSON file; measure nothing")
    args = parser.parse_args()
    for name in args.topics:
        if name not in TOPICS:
            parser.error(f"unknown topic \"{name}\"; one of {', '.join(TOPICS)}")
    if args.rounds < 1:
        parser.error(f"--rounds: {args.rounds}; at least 1")

    if args.measured:
        path = args.measured
        result = json.loads(path.read_text(encoding="utf-8"))
    else:
        if not args.rove.exists():
            parser.error(f"{args.rove} is missing; build it: ./dev build")
        result = measure_all(args.topics or list(TOPICS), args.rounds, args.rove)
        path = args.json or ROOT / "runs/peers" / f"{result['date'].replace(':', '')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

    sections, everything = {}, []
    for name in args.topics or list(result["topics"]):
        topic, lines = TOPICS[name], [Line(**row) for row in result["topics"][name]]
        print(f"\n{topic.title}\n{as_text(table(topic, lines))}\n" + "\n".join(wrapped(f"- {note}") for note in topic.notes))
        sections[name] = section(name, topic, lines, result)
        everything += lines
    if args.markdown:
        write_sections(args.markdown, sections)
    failed = sum(bool(line.error) for line in everything)
    print(f"\n{len(everything) - failed} of {len(everything)} lines measured; {path}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
