"""How much faster are two processes than one, for training, translation and features?

    .venv/bin/python benchmarks/scaling.py --weights tf_efficientnet_lite0.safetensors

Each command runs as one process with one thread, as one with two, and as two of one thread under
torchrun, in turns; the median of the turns counts. The start of the processes does not: training
is timed from the first step to the last, translation from the first result to the last, and of
features a call on few pictures is taken off one on many. Made pictures, untrained networks of 256
px, of 128 in training.
"""

from __future__ import annotations

import argparse
import json
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
WAYS = {
    "one process, one thread": (1, 1),
    "one process, two threads": (1, 2),
    "two processes, one thread each": (2, 1),
}
"""Processes, and threads of each."""
FEW, MANY = 8, 64
"""Pictures."""
BATCH, STEPS = 2, 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--variant", default="recyclegan")
    parser.add_argument("--weights", type=Path, required=True, help="of tf_efficientnet_lite0")
    args = parser.parse_args()
    seconds: dict[str, dict[str, list[float]]] = {
        name: {way: [] for way in WAYS} for name in COMMANDS
    }
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_pictures(work)
        make_model(work / "generators.safetensors", args.variant)
        for _ in range(args.turns):
            for name, command in COMMANDS.items():
                for way, numbers in WAYS.items():
                    seconds[name][way].append(round(command(work, args, *numbers), 4))
                write(
                    args.variant,
                    {name: ways for name, ways in seconds.items() if all(ways.values())},
                )


def write(variant: str, seconds: dict[str, dict[str, list[float]]]) -> None:
    """Write all turns so far, and how many times as fast each way is as the first."""
    medians = {n: {w: statistics.median(t) for w, t in ways.items()} for n, ways in seconds.items()}
    first = next(iter(WAYS))
    times_as_fast = {
        name: {way: round(ways[first] / value, 2) for way, value in ways.items()}
        for name, ways in medians.items()
    }
    print(times_as_fast)
    write_json(
        RESULT,
        {
            "machine": f"{os.cpu_count()} cores, {cpu()}, torch {torch.__version__}",
            "load": os.getloadavg(),
            "variant": variant,
            "seconds_a_picture": seconds,
            "times_as_fast": times_as_fast,
        },
    )


def make_pictures(work: Path) -> None:
    rng = np.random.default_rng(0)
    for folder in ("trainA", "trainB", "testA", "testB"):
        (work / "data" / folder).mkdir(parents=True)
        for index in range(MANY if folder == "trainA" else FEW):
            coarse = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
            coarse.resize((256, 256)).save(work / "data" / folder / f"{index:03}.png")


def make_model(path: Path, variant: str) -> None:
    torch.manual_seed(0)
    config = VARIANTS[variant].generator
    weights = ResNetGenerator(**asdict(config)).state_dict()
    tensors = {f"generator_a2b.{name}": value for name, value in weights.items()}
    info = GeneratorInfo(variant, config, {"a": "a", "b": "b"}, ("a2b",), 256, 0)
    path.write_bytes(generators_bytes(tensors, info))


def translate(work: Path, args: argparse.Namespace, num: int, threads: int) -> float:
    """Return the seconds a picture between the first result and the last."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    words = [work / "generators.safetensors", work / "data" / "trainA", out]
    timed(work, ["translate", *words, "--direction", "a2b", "--precision", "fp32"], num, threads)
    written = sorted(path.stat().st_mtime for path in out.glob("*.png"))
    # As many as are made at once come first.
    at_once = num * threads
    return (written[-1] - written[at_once - 1]) / (len(written) - at_once)


def train(work: Path, args: argparse.Namespace, num: int, threads: int) -> float:
    """Return the seconds a picture of each domain between the first step and the last."""
    shutil.rmtree(work / "run", ignore_errors=True)
    words = [
        *("train", args.variant, "--data", work / "data", "--out", work / "run"),
        *("--images.size", "128", "--optimizer.batch", str(BATCH), "--train.precision", "fp32"),
        *("--train.extractor", "none", "--train.eval-images", "1", "--train.layout", "contiguous"),
        *("--train.steps", str(STEPS), "--train.device", "cpu", "--train.log-steps", "1"),
    ]
    timed(work, words, num, threads)
    lines = [json.loads(line) for line in (work / "run" / "metrics.jsonl").read_text().splitlines()]
    elapsed = [line["time"]["elapsed"] for line in lines if line["event"] == "train"]
    return (elapsed[-1] - elapsed[0]) / ((len(elapsed) - 1) * BATCH * num)


def features(work: Path, args: argparse.Namespace, num: int, threads: int) -> float:
    """Return the seconds that a picture more takes in an evaluation by efficientnet_lite0."""
    seconds = []
    for folder in ("trainB", "trainA"):
        shutil.rmtree(work / "cache", ignore_errors=True)
        words = [
            *("--real", work / "data" / folder, "--fake", work / "data" / "trainB"),
            *("--metrics", "kid_efficientnet_lite0", "--extractor", "tf_efficientnet_lite0"),
            *("--weights", args.weights, "--cache", work / "cache", "--out", "-"),
        ]
        seconds.append(timed(work, ["evaluate", *words], num, threads))
    return (seconds[1] - seconds[0]) / (MANY - FEW)


COMMANDS = {"train": train, "translate": translate, "features": features}


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
