"""Do the fast step's losses run as those of the plain step do?

    .venv/bin/python -m benchmarks.training_curves --size 128 --steps 200

The plain step (`plain_step.py`, float32), ours in float32 and ours in bfloat16 train cyclegan from
the same weights on the same pictures in the same order: seeded street scenes by day and by night.
A training amplifies rounding, so curves that begin alike drift apart; what must agree is how high
they are. For each loss the file holds the mean over the last half of the steps and its standard
error, from means of blocks of ten steps, which hang together less than neighbours do.

Writes training_curves.json (a way that is there is not run again) and training_curves.png.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from benchmarks.plain_step import PlainStep
from benchmarks.training_step import CPU
from recyclegan.atomic import write_json
from recyclegan.data.held_out import held_out_pictures
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.training.random_state import seed_everything
from recyclegan.training.state import initial_state
from recyclegan.training.step import train_step
from recyclegan.translators.phase import Pictures
from recyclegan.variants.registry import VARIANTS

RESULT = Path(__file__).with_suffix(".json")
WAYS = {"plain": "#555555", "fp32": "#56b4e9", "bf16": "#d55e00"}
LOSSES = ("generators", "discriminator_a", "discriminator_b")
BLOCK = 10
SMOOTHED = 10
"""Steps over which a drawn curve is averaged."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--num", type=int, default=64, help="scenes of each kind")
    args = parser.parse_args()
    results = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    result = results.setdefault(f"{args.size} px, {args.steps} steps", {"curves": {}})
    result["machine"] = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
    with tempfile.TemporaryDirectory() as folder:
        scenes = Path(folder) / "scenes"
        write_scenes(scenes, num=args.num, num_test=1, size=args.size)
        pictures = [held_out(scenes / f"train{domain}", args.size) for domain in "AB"]
    for way in WAYS:
        if way not in result["curves"]:
            curves = train(way, pictures, args.steps)
            result["curves"][way] = {name: curves[name] for name in LOSSES}
            result["last_half"] = {w: levels(c) for w, c in result["curves"].items()}
            write_json(RESULT, results)
        print(way, json.dumps(result["last_half"][way]), flush=True)
    draw(results, RESULT.with_suffix(".png"))


def held_out(folder: Path, size: int) -> list[Tensor]:
    return held_out_pictures(sorted(folder.iterdir()), size=size, limit=None)


def train(way: str, pictures: list[list[Tensor]], steps: int) -> dict[str, list[float]]:
    """Return the value of every loss at every step, by name."""
    config = VARIANTS["cyclegan"]
    precision = "bf16" if way == "bf16" else "fp32"
    settings = replace(config.train, precision=precision, layout="contiguous")
    config = replace(config, train=settings)
    seed_everything(config.seed)
    random = torch.Generator().manual_seed(1)
    plain = PlainStep(config) if way == "plain" else None
    state = initial_state(config, CPU) if plain is None else None
    curves: dict[str, list[float]] = {}
    for step in range(steps):
        draws = [int(torch.randint(len(kind), (), generator=random)) for kind in pictures]
        a, b = (kind[draw][None] for kind, draw in zip(pictures, draws, strict=True))
        if plain is not None:
            losses = plain(a, b)
        else:
            scalars = train_step(state, [Pictures(a, b)], step=step, progress=0.0, clip=0.0)
            terms = {k.removeprefix("losses/"): v for k, v in scalars.items() if "losses/" in k}
            weights = state.translator.phases[0].weights
            losses = terms | {
                "generators": sum(weights[name] * terms[name] for name in weights if name in terms)
            }
        for name, value in losses.items():
            curves.setdefault(name, []).append(round(value, 5))
    return curves


def levels(curves: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return mean and standard error of each loss over the last half of the steps."""
    found = {}
    for name, values in curves.items():
        last = values[len(values) // 2 :]
        blocks = [statistics.fmean(last[i : i + BLOCK]) for i in range(0, len(last), BLOCK)]
        error = statistics.stdev(blocks) / len(blocks) ** 0.5
        found[name] = [round(statistics.fmean(last), 4), round(error, 4)]
    return found


def draw(results: dict, path: Path) -> None:
    """Overlay the ways' curves, a panel for each loss and a row for each setting."""
    figure, axes = plt.subplots(
        len(results), len(LOSSES), figsize=(12, 2.8 * len(results)), squeeze=False
    )
    for row, (title, result) in zip(axes, results.items(), strict=True):
        for axis, name in zip(row, LOSSES, strict=True):
            for way, colour in WAYS.items():
                values = result["curves"].get(way, {}).get(name, [])
                width = range(len(values) - SMOOTHED + 1)
                smooth = [statistics.fmean(values[i : i + SMOOTHED]) for i in width]
                axis.plot(smooth, color=colour, linewidth=1, label=way)
            axis.set_title(f"{name}, {title}", fontsize=9)
            axis.spines[["top", "right"]].set_visible(False)
        row[0].legend(frameon=False, fontsize=8)
    figure.supxlabel(f"step (means over {SMOOTHED})", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
