"""How much faster are two processes than one, for training, translation and features?

    .venv/bin/python benchmarks/scaling.py

Each command runs as one process with one thread, as one with two, and as two of one thread under
torchrun, in turns. Seconds are those of the work: a call on little is taken off one on much, so
that the start of the processes does not count. Made pictures, untrained networks.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.variants.registry import VARIANTS

RESULT = Path(__file__).with_suffix(".json")
WAYS = {"one process, one thread": (1, 1), "one process, two threads": (1, 2), "two": (2, 1)}
"""Processes, and threads of each."""
LITTLE, MUCH = 8, 40
"""Pictures of a call, or steps times pictures a step."""
BATCH = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--variant", default="recyclegan")
    parser.add_argument("--weights", type=Path, help="of resnet18, for features")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_pictures(work)
        make_model(work / "generators.safetensors", args.variant)
        commands = {"translate": translate, "train": train}
        if args.weights:
            commands["features"] = evaluate
        rows = {}
        for name, command in commands.items():
            seconds: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(args.turns):
                for way in WAYS:
                    little, much = (command(work, args, *WAYS[way], num) for num in (LITTLE, MUCH))
                    seconds[way].append((much - little) / (MUCH - LITTLE))
            rows[name] = {way: statistics.median(times) for way, times in seconds.items()}
            print(name, {way: f"{time:.3f} s a picture" for way, time in rows[name].items()})
    write_json(
        RESULT,
        {
            "machine": f"{os.cpu_count()} cores, {cpu()}, torch {torch.__version__}",
            "load": os.getloadavg(),
            "variant": args.variant,
            "turns": args.turns,
            "seconds_a_picture": rows,
        },
    )


def make_pictures(work: Path) -> None:
    rng = np.random.default_rng(0)
    for folder in ("trainA", "trainB", "testA", "testB"):
        (work / "data" / folder).mkdir(parents=True)
        for index in range(MUCH):
            coarse = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
            coarse.resize((256, 256)).save(work / "data" / folder / f"{index:02}.png")
    for num in (LITTLE, MUCH):
        (work / f"in-{num}").mkdir()
        for path in sorted((work / "data" / "trainA").iterdir())[:num]:
            shutil.copy(path, work / f"in-{num}")


def make_model(path: Path, variant: str) -> None:
    torch.manual_seed(0)
    config = VARIANTS[variant].generator
    weights = ResNetGenerator(**asdict(config)).state_dict()
    tensors = {f"generator_a2b.{name}": value for name, value in weights.items()}
    info = GeneratorInfo(variant, config, {"a": "a", "b": "b"}, ("a2b",), 256, 0)
    path.write_bytes(generators_bytes(tensors, info))


def translate(work: Path, args: argparse.Namespace, num: int, threads: int, size: int) -> float:
    model, out = work / "generators.safetensors", work / "out"
    words = [model, work / f"in-{size}", out, "--direction", "a2b", "--precision", "fp32"]
    return timed(work, ["translate", *words, "--overwrite"], num, threads)


def train(work: Path, args: argparse.Namespace, num: int, threads: int, size: int) -> float:
    shutil.rmtree(work / "run", ignore_errors=True)
    words = [
        *("train", args.variant, "--data", work / "data", "--out", work / "run"),
        *("--images.size", "128", "--optimizer.batch", str(BATCH), "--train.precision", "fp32"),
        *("--train.extractor", "none", "--train.eval-images", "1", "--train.layout", "contiguous"),
        *("--train.steps", str(size // (BATCH * num)), "--train.device", "cpu"),
    ]
    return timed(work, words, num, threads)


def evaluate(work: Path, args: argparse.Namespace, num: int, threads: int, size: int) -> float:
    shutil.rmtree(work / "cache", ignore_errors=True)
    folder = work / f"in-{size}"
    words = [
        *("evaluate", "--real", folder, "--fake", folder, "--metrics", "kid_resnet18"),
        *("--extractor", "resnet18", "--weights", args.weights, "--cache", work / "cache"),
        *("--out", "-"),
    ]
    return timed(work, words, num, threads)


def timed(work: Path, words: list[object], num: int, threads: int) -> float:
    """Return the seconds that a command takes, as so many processes of so many threads."""
    program = [sys.executable, "-m", "recyclegan"]
    if num > 1:
        launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(num)]
        program = [sys.executable, "-m", *launcher, "-m", "recyclegan"]
    settings = {"OMP_NUM_THREADS": str(threads), "XDG_CACHE_HOME": str(work / "home")}
    begin = time.perf_counter()
    subprocess.run(
        [*program, *map(str, words)], env=os.environ | settings, check=True, capture_output=True
    )
    return time.perf_counter() - begin


def cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(line.split(": ")[1] for line in lines if line.startswith("model name"))


if __name__ == "__main__":
    main()
