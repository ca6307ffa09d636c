"""What does `--engine ray` cost on one machine, at the start and for each picture?

    .venv/bin/python -m benchmarks.ray_overhead --num 200

The command translates the same pictures with and without a Ray cluster of this machine alone, in
turns, a block at a time, from the start of the process to its end. A block of one picture gives the
start; what a full block takes beyond that is for its pictures. Seconds by the clock depend on what
else the machine does, seconds of its cores hardly. These and memory are of the command and of all
processes that it started, looked at twice a second; shared pages are counted once.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from filecmp import cmpfiles
from pathlib import Path

import psutil
import torch

from benchmarks.translate import write_model, write_pictures
from recyclegan.atomic import write_json

RESULT = Path(__file__).with_suffix(".json")
ENGINES = ("local", "ray")
SIZE = (1280, 720)
STARTS = 3
LOOK = 0.5
"""Seconds between two looks at memory and cores."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num", type=int, default=200, help="pictures")
    parser.add_argument("--blocks", type=int, default=2, help="turns that they are divided into")
    parser.add_argument("--variant", default="recyclegan")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    starts: dict[str, list[Run]] = {engine: [] for engine in ENGINES}
    blocks: dict[str, list[Run]] = {engine: [] for engine in ENGINES}
    per_block = args.num // args.blocks
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        model = write_model(root / "generators.safetensors", args.variant)
        write_pictures(root / "one", 1, SIZE)
        for turn in range(STARTS):
            for engine in ENGINES:
                out = root / f"start-{engine}-{turn}"
                starts[engine].append(run(engine, model, root / "one", out))
        for turn in range(args.blocks):
            write_pictures(root / f"in-{turn}", per_block, SIZE, seed=turn)
            for engine in ENGINES:
                out = root / f"{engine}-{turn}"
                blocks[engine].append(run(engine, model, root / f"in-{turn}", out))
            names = [path.name for path in (root / f"in-{turn}").iterdir()]
            same, *_ = cmpfiles(root / f"local-{turn}", root / f"ray-{turn}", names, shallow=False)
            assert sorted(same) == sorted(names), "the engines' results differ"
    rows = {engine: row(starts[engine], blocks[engine], per_block) for engine in ENGINES}
    machine = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
    what = f"{args.num} pictures of {SIZE[0]}x{SIZE[1]} through {args.variant}"
    loads = [round(load, 1), round(os.getloadavg()[0], 1)]
    write_json(RESULT, {"machine": machine, "what": what, "load_before_and_after": loads, **rows})
    print(RESULT.read_text())


@dataclass(frozen=True)
class Run:
    """What a command took: seconds by the clock and of all cores, and its peak of memory in MB."""

    clock: float
    cores: float
    megabytes: int


def row(starts: list[Run], blocks: list[Run], per_block: int) -> dict[str, object]:
    """Return what an engine takes to start and for each picture, with all runs."""
    clock = statistics.median(one.clock for one in starts)
    cores = statistics.median(one.cores for one in starts)
    return {
        "start_seconds_by_the_clock": clock,
        "start_seconds_of_cores": cores,
        "picture_seconds_by_the_clock": round(
            statistics.median(one.clock - clock for one in blocks) / per_block, 3
        ),
        "picture_seconds_of_cores": round(
            statistics.median(one.cores - cores for one in blocks) / per_block, 3
        ),
        "peak_megabytes": max(one.megabytes for one in blocks),
        "starts": [asdict(one) for one in starts],
        "blocks": [asdict(one) for one in blocks],
    }


def run(engine: str, model: Path, source: Path, out: Path) -> Run:
    """Translate a folder."""
    command = [sys.executable, "-m", "recyclegan", "translate", str(model), str(source), str(out)]
    began, peak, cores = time.perf_counter(), 0, {}
    process = subprocess.Popen(
        [*command, "--direction", "a2b", "--engine", engine], stdout=subprocess.DEVNULL
    )
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK)
            break
        held = 0
        for one in family(process.pid):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                times = one.cpu_times()
                cores[one.pid] = times.user + times.system
                held += one.memory_full_info().pss
        peak = max(peak, held)
    assert process.returncode == 0, f"{command} failed"
    took = time.perf_counter() - began
    return Run(round(took, 2), round(sum(cores.values()), 2), round(peak / 1e6))


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it started, or nothing where it has ended."""
    with suppress(psutil.NoSuchProcess):
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return []


if __name__ == "__main__":
    main()
