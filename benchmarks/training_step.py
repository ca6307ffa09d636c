"""How fast is a training step, beside the plain step of the public code, and in what memory?

    .venv/bin/python -m benchmarks.training_step

The plain step is `plain_step.py`: float32, eager, contiguous maps, torch's own layers and memory.
Ours is what `recyclegan train` runs, in float32 and in the arithmetic that it chooses by itself.
Every measurement is a process of its own, and the ways take turns; a figure is the median of all
steps but each process's first. Limits are measured in the same run: a matrix product of 2048 x 2048
and the 3x3 convolution of cyclegan's residual blocks. The operations of a step are counted in the
plain step by torch, so that what ours leaves out does not count as speed.

Writes training_step.json, cell by cell (what is there is not measured again), and a picture of it;
--json names another file for another machine, whose times are no part of this one's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.plain_step import PlainStep
from recyclegan.atomic import write_json
from recyclegan.config import Config
from recyclegan.memory import keep_memory
from recyclegan.training.arithmetic import choose_arithmetic
from recyclegan.training.random_state import seed_everything
from recyclegan.training.state import initial_state
from recyclegan.training.step import train_step
from recyclegan.translators.phase import Pictures
from recyclegan.variants.registry import VARIANTS

RESULT = Path(__file__).with_suffix(".json")
WAYS = ("plain", "fp32", "auto")
SECONDS = 5.0
"""Time that the steps of one process take, about; at least one counts."""
CPU = torch.device("cpu")
Step = Callable[[Tensor, Tensor], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", nargs="+", default=["cyclegan", "case-9", "recyclegan"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 128, 256])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULT, help="a file for each machine")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        way, variant, size, batch = args.one
        print(json.dumps(measure(way, configured(variant, int(size), int(batch)))))
        return
    result = json.loads(args.json.read_text()) if args.json.is_file() else {"cells": {}}
    result["machine"] = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
    for size, batch, variant in product(args.sizes, args.batches, args.variants):
        key = f"{variant} {size} px batch {batch}"
        if key not in result["cells"]:
            result["cells"][key] = take_turns((variant, str(size), str(batch)), args.turns)
            result["limits_gflops"] = limits()
            write_json(args.json, result)
        print(f"{key}: {json.dumps(result['cells'][key])}", flush=True)
    draw(result, args.json.with_suffix(".png"))


def configured(variant: str, size: int, batch: int) -> Config:
    """Return a variant for pictures and batches of a size."""
    config = VARIANTS[variant]
    return replace(
        config,
        images=replace(config.images, size=size),
        optimizer=replace(config.optimizer, batch=batch),
    )


def take_turns(cell: tuple[str, str, str], turns: int) -> dict[str, object]:
    """Measure all ways, one after the other, several times."""
    found: dict[str, list[dict]] = {way: [] for way in WAYS}
    for _ in range(turns):
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.training_step", "--one", way, *cell]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[way].append(json.loads(answer.splitlines()[-1]))
    seconds = {
        way: statistics.median([t for run in runs for t in run["seconds"]])
        for way, runs in found.items()
    }
    gflop = found["plain"][0]["gflop"]
    return {
        "seconds": {way: round(t, 4) for way, t in seconds.items()},
        "all_seconds": {
            way: [[round(t, 3) for t in run["seconds"]] for run in runs]
            for way, runs in found.items()
        },
        "times_as_fast": {way: round(seconds["plain"] / t, 2) for way, t in seconds.items()},
        "peak_megabytes": {
            way: round(statistics.median(run["peak"] for run in runs) / 1e6)
            for way, runs in found.items()
        },
        "arithmetic": found["auto"][0]["arithmetic"],
        "gflop": round(gflop, 1),
        "gflops": {way: round(gflop / t, 1) for way, t in seconds.items()},
    }


def measure(way: str, config: Config) -> dict[str, object]:
    """Return the seconds of some steps, the process's peak of memory, and what was computed in."""
    step, arithmetic = prepare(way, config)
    random = torch.Generator().manual_seed(0)
    shape = (config.optimizer.batch, 3, config.images.size, config.images.size)
    seconds: list[float] = []
    while len(seconds) < 2 or sum(seconds) < SECONDS:
        a, b = (torch.rand(shape, generator=random) * 2 - 1 for _ in "ab")
        began = perf_counter()
        step(a, b)
        seconds.append(perf_counter() - began)
    peak = peak_bytes()
    gflop = 0.0
    if way == "plain":
        with FlopCounterMode(display=False) as counter:
            step(a[:1], b[:1])
        gflop = counter.get_total_flops() / 1e9 * config.optimizer.batch
    return {"seconds": seconds[1:], "peak": peak, "arithmetic": arithmetic, "gflop": gflop}


def prepare(way: str, config: Config) -> tuple[Step, str]:
    """Return a training's step, and what it is computed in."""
    if way == "plain":
        seed_everything(config.seed)
        return PlainStep(config), "fp32 contiguous"
    keep_memory()
    if way == "fp32":
        config = replace(config, train=replace(config.train, precision="fp32", layout="contiguous"))
    config, _ = choose_arithmetic(config, CPU)
    state = initial_state(config, CPU)

    def step(a: Tensor, b: Tensor) -> dict[str, float]:
        return train_step(state, [Pictures(a, b)], step=1, progress=0.0, clip=0.0)

    return step, f"{config.train.precision} {config.train.layout}"


def peak_bytes() -> int:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def limits() -> dict[str, float]:
    """Return the billion operations a second of one large product and of one convolution."""
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        square = torch.rand(2048, 2048).to(dtype)
        maps, weight = torch.rand(1, 256, 66, 66).to(dtype), torch.rand(256, 256, 3, 3).to(dtype)
        name = str(dtype).removeprefix("torch.")
        found[f"{name} product"] = _gflops(2 * 2048**3, lambda x=square: x @ x)
        convolve = lambda x=maps, w=weight: F.conv2d(x, w)  # noqa: E731
        found[f"{name} convolution"] = _gflops(2 * 64 * 64 * 256 * 256 * 9, convolve)
    return found


def _gflops(operations: int, compute: Callable[[], Tensor]) -> float:
    seconds = []
    for _ in range(9):
        began = perf_counter()
        compute()
        seconds.append(perf_counter() - began)
    return round(operations / min(seconds[1:]) / 1e9, 1)


def draw(result: dict, path: Path) -> None:
    """Draw how many times as fast as the plain step each cell is, and its share of the limit."""
    cells = result["cells"]
    limits = result["limits_gflops"]
    dtype = max(("bfloat16", "float32"), key=lambda name: limits[f"{name} convolution"])
    limit = limits[f"{dtype} convolution"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.34 * len(cells) + 1.2), sharey=True)
    places = range(len(cells), 0, -1)
    for way, colour, shift in (("auto", "#0072b2", 0.2), ("fp32", "#56b4e9", -0.2)):
        ratios = [cell["times_as_fast"][way] for cell in cells.values()]
        bars = left.barh([p + shift for p in places], ratios, 0.38, color=colour, label=way)
        left.bar_label(bars, fmt="%.1f", padding=2, fontsize=7)
    left.axvline(1, color="0.4", linewidth=0.8)
    left.set_yticks(list(places), list(cells), fontsize=8)
    left.set_title("times as fast as the plain step", fontsize=10)
    left.legend(frameon=False, fontsize=8)
    for way, colour, shift in (("auto", "#0072b2", 0.2), ("plain", "0.6", -0.2)):
        shares = [100 * cell["gflops"][way] / limit for cell in cells.values()]
        right.barh([p + shift for p in places], shares, 0.38, color=colour, label=way)
    right.set_title(f"% of the fastest convolution ({limit:.0f} GFLOP/s in {dtype})", fontsize=10)
    right.legend(frameon=False, fontsize=8)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
