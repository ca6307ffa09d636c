"""Is a model that was adapted to another camera with 100 pictures better than it was, and how?

    .venv/bin/python -m benchmarks.adaptation --work WORK --minutes 30 --steps 2000

A base is trained from day to night on rendered streets. Other streets, seen through a camera that
is darker, yellower and dim at its corners, with the truth seen through it too, are what it is
adapted to, at equal steps: by adapters (lora), by gains and offsets of its norms (norm), by all of
its weights (full), and beside them a model of its kind that begins anew (anew). Each training is a
process of its own, for its peak memory, and its last state counts, for the best was chosen on the
pictures that judge it.

Writes adaptation.json, cell by cell (what is there is not trained again): PSNR and SSIM to truth of
each held-out picture, the patch distance to real ones, bytes of the file that holds what was
trained, peak memory and seconds a step. Prints each way's gain over the base as it was, and over
all weights, with 95 % intervals over pictures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from recyclegan.atomic import write_json
from recyclegan.checkpoint.store import ADAPTER, GENERATORS
from recyclegan.config import Config
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.images.decoding import decode
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.paired import psnr, ssim
from recyclegan.metrics.patches import sliced_wasserstein
from recyclegan.metrics.resampling import Figure, difference, draw_weights, mean_figure
from recyclegan.runs.events import EventLog
from recyclegan.training.adapting import RATES, adaptation
from recyclegan.training.start import train
from recyclegan.translation.translator import load_translator
from recyclegan.variants.registry import get_variant

RESULT = Path(__file__).with_suffix(".json")
ANEW, BASE = "anew", "base as it was"
DIRECTIONS = {"a2b": ("testA", "truthA", "testB"), "b2a": ("testB", "truthB", "testA")}
EXPOSURE, CAST, CORNERS = 0.55, (1.0, 0.82, 0.5), 0.5
"""What the other camera leaves of the light, by channel, and at the corners of the middle's."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("adaptation"), help="a new folder")
    parser.add_argument("--variant", default="recyclegan")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=30.0, help="of training the base")
    parser.add_argument("--steps", type=int, default=2000, help="of adapting it")
    parser.add_argument("--num", type=int, default=100, help="pictures of each kind to adapt with")
    parser.add_argument("--num-test", type=int, default=40)
    parser.add_argument("--ways", nargs="+", default=[*RATES, ANEW], choices=[*RATES, ANEW])
    parser.add_argument("--ranks", nargs="+", type=int, default=[4], help="of lora")
    parser.add_argument("--rates", nargs="+", type=float, help="learning rates; else each way's")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    base, data = args.work / "base", args.work / "other-camera"
    if args.one:
        way, rank, rate, seed = json.loads(args.one)
        config = configured(base, args.variant, way, rank, rate)
        print(json.dumps(train_one(config, seed, data, args.work / "run", args.steps)))
        return
    prepare(base, data, args)
    setting = {name: getattr(args, name) for name in ("variant", "size", "minutes", "steps", "num")}
    known = json.loads(args.json.read_text()) if args.json.is_file() else {}
    cells = known["cells"] if known.get("setting") == setting else {}
    if BASE not in cells:
        cells[BASE] = judged(base / "checkpoints" / "last" / GENERATORS, data)
    for seed, (way, rank, rate) in product(args.seeds, trainings(args)):
        label = f"{way} of rank {rank}" if way == "lora" else way
        key = f"{label}, rate {rate:g}, seed {seed}"
        if key not in cells:
            call = [sys.executable, "-m", "benchmarks.adaptation", *sys.argv[1:]]
            call += ["--one", json.dumps([way, rank, rate, seed])]
            done = subprocess.run(call, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{key}: {done.stderr}")
            cells[key] = json.loads(done.stdout.splitlines()[-1])
        write_json(args.json, {"setting": setting, "cells": cells})
    print_gains(cells)


def trainings(args: argparse.Namespace) -> list[tuple[str, int, float]]:
    """Return way, rank and learning rate of each training; a rank is told of lora alone."""
    anew = get_variant(args.variant).optimizer.lr_generator
    return [
        (way, rank, rate)
        for way in args.ways
        for rank in (args.ranks if way == "lora" else args.ranks[:1])
        for rate in (args.rates or [RATES.get(way, anew)])
    ]


def prepare(base: Path, data: Path, args: argparse.Namespace) -> None:
    """Render the streets, those of the other camera too, and train the base, as far as not done."""
    scenes = base.with_name("scenes")
    if not scenes.exists():
        write_scenes(scenes, num=200, num_test=args.num_test, size=args.size, seed=0)
    if not data.exists():
        partial = data.with_name("unfinished")
        shutil.rmtree(partial, ignore_errors=True)
        write_scenes(partial, num=args.num, num_test=args.num_test, size=args.size, seed=1)
        for path in partial.glob("*/*.png"):
            Image.fromarray(through_other_camera(np.asarray(Image.open(path)))).save(path)
        partial.rename(data)
    if not (base / "checkpoints" / "last").exists():
        config = get_variant(args.variant)
        config = replace(config, images=replace(config.images, size=args.size))
        timing = replace(config.train, minutes=args.minutes, extractor="none", device="cpu")
        train(replace(config, train=timing), [scenes], base, overwrite=True)


def through_other_camera(picture: np.ndarray) -> np.ndarray:
    """Return an sRGB picture (H,W,3) with less light, yellower, and dim at its corners."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    falloff = 1 - (1 - CORNERS) * (x**2 + y**2) / 2
    # Light, not grey levels, is what a camera loses; 2.2 is close to sRGB's curve.
    light = (picture / 255) ** 2.2 * EXPOSURE * np.array(CAST) * falloff[..., None]
    return np.round(255 * light ** (1 / 2.2)).astype(np.uint8)


def configured(base: Path, variant: str, way: str, rank: int, rate: float) -> Config:
    """Return the configuration of one way; that which begins anew differs in that alone."""
    config = adaptation(
        base / "checkpoints" / "last", tune="full" if way == ANEW else way, rank=rank
    )
    if way == ANEW:
        config = replace(config, train=replace(config.train, start_from=None))
    return replace(config, optimizer=replace(config.optimizer, lr_generator=rate))


def train_one(config: Config, seed: int, data: Path, run: Path, steps: int) -> dict[str, Any]:
    """Train, judge and return the figures; call it in a process of its own."""
    timing = replace(config.train, steps=steps, eval_steps=steps, save_steps=steps, log_steps=10)
    config = replace(config, train=replace(timing, extractor="none", device="cpu"), seed=seed)
    if not train(config, [data], run, overwrite=True):
        raise SystemExit("the training was stopped")
    # Of this program alone: getrusage would count what the calling process once had.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    events = [e for e in EventLog(run / "metrics.jsonl").read() if e["event"] == "train"]
    ends = [(event["step"], event["time"]["elapsed"]) for event in events]
    paces = [(t1 - t0) / (s1 - s0) for (s0, t0), (s1, t1) in pairwise(ends)]
    last = run / "checkpoints" / "last"
    file = last / (GENERATORS if config.train.tune == "full" else ADAPTER)
    return {
        **judged(file, data),
        "bytes": file.stat().st_size,
        "peak_bytes": peak,
        "seconds_a_step": statistics.median(paces),
    }


def judged(model: Path, data: Path) -> dict[str, Any]:
    """Return PSNR and SSIM of each held-out picture, and the patch distance, by direction."""
    figures: dict[str, Any] = {}
    for direction, (source, truth, target) in DIRECTIONS.items():
        translate = load_translator(model, direction, precision="fp32")
        fakes = torch.stack(
            [to_tensor(translate(decode(path))) for path in sorted((data / source).iterdir())]
        )
        true = pictures(data / truth)
        figures[f"psnr_{direction}"] = psnr(fakes, true).tolist()
        figures[f"ssim_{direction}"] = ssim(fakes, true).tolist()
        figures[f"swd_{direction}"] = sliced_wasserstein(fakes, pictures(data / target))
    return figures


def pictures(folder: Path) -> Tensor:
    """Return a folder's pictures (N,3,H,W), by name."""
    return torch.stack([to_tensor(decode(path)) for path in sorted(folder.iterdir())])


def print_gains(cells: dict[str, Any]) -> None:
    full = next((name for name in cells if name.startswith("full")), BASE)
    for name, cell in cells.items():
        print(name)
        if name != BASE:
            print(
                f"  {cell['bytes'] / 1e6:.2f} MB, peak {cell['peak_bytes'] / 1e6:.0f} MB, "
                f"{cell['seconds_a_step']:.3f} s a step"
            )
        for metric in ("psnr", "ssim"):
            for direction in DIRECTIONS:
                ours, before, other = (
                    figure(cells[one][f"{metric}_{direction}"]) for one in (name, BASE, full)
                )
                words = f"  {metric} {direction} {ours.value:7.3f}"
                for beside, than in ((before, BASE), (other, full)):
                    gain = difference(ours, beside)
                    low, high = gain.interval or (float("nan"), float("nan"))
                    words += f"   {gain.value:+.3f} ({low:+.3f} to {high:+.3f}) beside {than}"
                print(words)
        print("  " + ", ".join(f"patch distance {d} {cell[f'swd_{d}']:.3f}" for d in DIRECTIONS))


def figure(values: list[float]) -> Figure:
    """Return the mean over pictures, with replicates that are paired between ways."""
    return mean_figure(values, draw_weights([f"{n:05d}.png" for n in range(len(values))]))


if __name__ == "__main__":
    main()
