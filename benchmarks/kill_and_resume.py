"""Kill a training at random instants, resume it each time, and compare it with one never stopped.

    .venv/bin/python benchmarks/kill_and_resume.py --kills 20

For each setting (data workers 0 and 2, fp32 and bf16 and fp16) the same small training runs once
straight and once under `kill -9` at random moments, in its steps, its evaluations and its saves.
Every tensor of the final state and every line of the log, apart from the clock, must be equal bit
for bit. Writes kill_and_resume.json beside this script.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import torch

from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.runs.events import EventLog

RESULT = Path(__file__).with_suffix(".json")
COMMAND = [sys.executable, "-m", "recyclegan"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="kills in all (default 20)")
    parser.add_argument("--steps", type=int, default=120, help="steps of each training")
    parser.add_argument("--variant", default="recyclegan")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments of death")
    args = parser.parse_args()
    settings = list(product((0, 2), ("fp32", "bf16", "fp16")))
    chance = random.Random(args.seed)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "scenes"
        write_scenes(data, num=12, num_test=8, size=64, seed=1)
        for number, (workers, precision) in enumerate(settings):
            kills = args.kills // len(settings) + (number < args.kills % len(settings))
            runs = [Path(folder) / f"{name}-{number}" for name in ("straight", "killed")]
            call = training(args.variant, data, workers, precision, args.steps)
            seconds = straight(runs[0], call)
            deaths = under_fire(runs[1], call, kills, seconds, chance)
            differing = compare(*runs)
            row = {
                "workers": workers,
                "precision": precision,
                "killed_at": deaths,
                "differing": differing,
            }
            rows.append(row)
            print(
                f"{workers} workers, {precision}: killed at {deaths}, {len(differing)} differ",
                flush=True,
            )
    total = sum(len(row["killed_at"]) for row in rows)
    equal = all(not row["differing"] for row in rows)
    RESULT.write_text(
        json.dumps({"kills": total, "equal": equal, "settings": rows}, indent=2) + "\n"
    )
    print(f"{total} kills, {'all equal bit for bit' if equal else 'NOT EQUAL'}: {RESULT}")
    sys.exit(not equal)


def training(variant: str, data: Path, workers: int, precision: str, steps: int) -> list[str]:
    """Return the command of one training, without its --out."""
    flags = {
        "--data": data,
        "--images.size": 32,
        "--images.workers": workers,
        "--optimizer.replay-buffer": 10,
        "--optimizer.batch": 2,
        "--train.steps": steps,
        "--train.precision": precision,
        "--train.threads": 1,
        "--train.log-steps": 7,
        "--train.eval-steps": 30,
        "--train.save-steps": 11,
        "--train.eval-images": 4,
    }
    words = [str(word) for pair in flags.items() for word in pair]
    return [*COMMAND, "train", variant, "--optimizer.diff-augment", *words]


def straight(run: Path, call: list[str]) -> float:
    """Train without a stop and return the seconds that it worked, its start-up left out."""
    process = subprocess.Popen([*call, "--out", str(run)], stdout=subprocess.DEVNULL)
    works(process, run)
    began = time.monotonic()
    assert process.wait() == 0, f"the training failed with {process.returncode}"
    return time.monotonic() - began


def under_fire(
    run: Path, call: list[str], kills: int, seconds: float, chance: random.Random
) -> list[int]:
    """Train, killing and resuming `kills` times at random, and return the steps resumed from.

    A kill falls within a share of `seconds`, the time that a whole training works, after the
    sitting has begun to work: its start-up would be cut in vain.
    """
    steps: list[int] = []
    command = [*call, "--out", str(run)]
    while True:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        if len(steps) < kills and works(process, run):
            time.sleep(chance.random() * seconds / (kills + 1))
        elif process.wait() == 0:
            return steps
        if process.poll() is None:
            process.kill()
            process.wait()
            steps.append(last_step(run))
        assert process.returncode in (0, -9), f"a sitting failed with {process.returncode}"
        command = [*COMMAND, "resume", str(run)]


def works(process: subprocess.Popen[bytes], run: Path) -> bool:
    """Wait until a sitting has written a line of its log; tell whether it still runs."""
    fewest = num_events(run)
    while process.poll() is None:
        lines = num_events(run)
        if lines > fewest:
            return True
        fewest = min(fewest, lines)  # A resumed sitting first drops what it will write again.
        time.sleep(0.02)
    return False


def num_events(run: Path) -> int:
    """Return the number of lines in a run's log."""
    log = run / "metrics.jsonl"
    return len(log.read_bytes().splitlines()) if log.exists() else 0


def last_step(run: Path) -> int:
    """Return the step of the newest whole checkpoint."""
    checkpoints, _ = CheckpointStore(run / "checkpoints").valid()
    return checkpoints[-1].step if checkpoints else 0


def compare(first: Path, second: Path) -> list[str]:
    """Return the names of all values in which two finished runs differ."""
    stores = [CheckpointStore(run / "checkpoints") for run in (first, second)]
    flat = [flatten(store.valid()[0][-1].training_state()) for store in stores]
    names = flat[0].keys() | flat[1].keys()
    differing = sorted(name for name in names if not same(*(f.get(name) for f in flat)))
    logs = [list(EventLog(run / "metrics.jsonl").read()) for run in (first, second)]
    for event in logs[0] + logs[1]:
        event.pop("time", None)
    shipped = [
        (run / "checkpoints/best/generators.safetensors").read_bytes() for run in (first, second)
    ]
    kept = [sorted(p.name for p in (run / "checkpoints").glob("step-*")) for run in (first, second)]
    samples = [
        {p.name: p.read_bytes() for p in (run / "samples").iterdir()} for run in (first, second)
    ]
    for what, (one, other) in {
        "metrics.jsonl": logs,
        "best": [store.best for store in stores],
        "best/generators.safetensors": shipped,
        "checkpoints kept": kept,
        "samples": samples,
    }.items():
        if one != other:
            differing.append(what)
    return differing


def flatten(value: object, name: str = "") -> dict[str, object]:
    """Return nested state as one level, without what the clock decides."""
    if isinstance(value, dict):
        pairs = ((str(key), part) for key, part in value.items())
    elif isinstance(value, list | tuple):
        pairs = ((str(index), part) for index, part in enumerate(value))
    else:
        return {} if "elapsed" in name or name.endswith("_at.1") else {name: value}
    return {
        key: leaf for part, inner in pairs for key, leaf in flatten(inner, f"{name}.{part}").items()
    }


def same(first: object, second: object) -> bool:
    """Tell whether two leaves are equal bit for bit."""
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    return type(first) is type(second) and first == second


if __name__ == "__main__":
    main()
