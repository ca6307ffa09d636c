"""How fast do training pictures come, beside decoding each one each time, and in what memory?

    .venv/bin/python benchmarks/data_pipeline.py

The plain way decodes, resizes, crops, mirrors and converts a picture each time it is wanted, with
Pillow, either between the steps or in one worker process of torch's DataLoader. Ours decodes each
once, in threads, and keeps the pixels in memory or in a file. Every way gives the same 256 px crops
of the same seeded pictures. They run in turns, each in a process of its own; figures are medians.

`pictures_per_second`: batches of 8 + 8 are taken as fast as they come, over three epochs.
`step_milliseconds`: one small network is trained on them, 1 + 1 pictures a step; of each step also
the part that it waited. `none` trains on the same batch again and again. Writes data_pipeline.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import count, islice, repeat
from pathlib import Path
from time import perf_counter

import numpy as np
import PIL
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from recyclegan.atomic import write_json
from recyclegan.data.decoded import MEMORY, DecodedPictures
from recyclegan.data.layouts import read_layout
from recyclegan.data.manifest import scan, training_entries
from recyclegan.data.pairs import UnpairedPictures
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.training.session import MAX_READERS
from recyclegan.variants.registry import VARIANTS

RESULT = Path(__file__).with_suffix(".json")
SIZE, SHORT_SIDE, BATCH, EPOCHS, SEED = 256, 287, 8, 3, 0
KINDS = {"1280x720 JPEG": (1280, 720), "256x256 PNG": (256, 256)}
WAYS = ("plain", "plain, worker process", "memory", "file", "file, next sitting")
GENERATOR = replace(VARIANTS["recyclegan"].generator, features=8, blocks=1)
Batches = Iterator[dict[str, Tensor]]


class PlainPictures(Dataset[dict[str, Tensor]]):
    """The same stream as one would write it down."""

    def __init__(self, domains: dict[str, tuple[Path, ...]]) -> None:
        self.domains = domains

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {
            name: self._picture(paths, number, *divmod(index, len(paths)))
            for number, (name, paths) in enumerate(self.domains.items())
        }

    def _picture(self, paths: tuple[Path, ...], domain: int, epoch: int, position: int) -> Tensor:
        order = np.random.default_rng((0, SEED, domain, epoch)).permutation(len(paths))
        draw = np.random.default_rng((1, SEED, domain, epoch, position))
        image = Image.open(paths[order[position]]).convert("RGB")
        scale = SHORT_SIDE / min(image.size)
        width, height = (round(side * scale) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        left, top = (int(draw.integers(side - SIZE, endpoint=True)) for side in image.size)
        image = image.crop((left, top, left + SIZE, top + SIZE))
        image = ImageOps.mirror(image) if draw.random() < 0.5 else image
        return torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div(127.5).sub(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num", type=int, default=100, help="pictures of each domain")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        way, data, what = args.one
        print(json.dumps({"rate": rates, "step": steps}[what](way, Path(data))))
        return
    versions = f"torch {torch.__version__}, Pillow {PIL.__version__}"
    machine = f"{platform.node()}, {os.cpu_count()} cores, {versions}"
    rows = {kind: measure(size, args.num, args.repeats) for kind, size in KINDS.items()}
    write_json(RESULT, {"machine": machine, "pictures": 2 * args.num, **rows})
    print(json.dumps(rows, indent=2))


def measure(size: tuple[int, int], num: int, repeats: int) -> dict[str, object]:
    """Return the medians of every way for pictures of one kind."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {"rate": {}, "step": {}}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        for seed, name in enumerate(("trainA", "trainB")):
            write_pictures(data / name, num, size, seed)
        for _ in range(repeats):
            for what, runs in found.items():
                for way in WAYS if what == "rate" else ("none", *WAYS):
                    runs.setdefault(way, []).append(run(way, data, what))
                for path in (Path(folder) / "cache").glob("*"):
                    path.unlink()
    return {
        "pictures_per_second": {way: medians(runs) for way, runs in found["rate"].items()},
        "step_milliseconds": {way: medians(runs) for way, runs in found["step"].items()},
    }


def write_pictures(folder: Path, num: int, size: tuple[int, int], seed: int) -> None:
    """Write soft shapes with some grain, which are as large as photographs."""
    folder.mkdir()
    for number in range(num):
        random = np.random.default_rng((seed, number))
        shapes = random.integers(0, 256, (size[1] // 16, size[0] // 16, 3), np.uint8)
        soft = Image.fromarray(shapes).resize(size, Image.Resampling.BICUBIC)
        grain = random.standard_normal((size[1], size[0], 1)) * 4
        pixels = (np.asarray(soft) + grain).clip(0, 255).astype(np.uint8)
        name = f"{number:04}.png" if size == (SIZE, SIZE) else f"{number:04}.jpg"
        Image.fromarray(pixels).save(folder / name, quality=95)


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}


def run(way: str, data: Path, what: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", way, str(data), what]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(answer.stdout))


def rates(way: str, data: Path) -> dict[str, float]:
    """Return pictures a second in the first and in later epochs, and the peak of memory."""
    num, make = prepared(way, data)
    batches = make(BATCH)
    began = perf_counter()
    times = [perf_counter() - began for _ in islice(batches, EPOCHS * num // BATCH)]
    first = num // BATCH
    later = (EPOCHS - 1) * first
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "first_epoch": 2 * BATCH * first / times[first - 1],
        "later_epochs": 2 * BATCH * later / (times[-1] - times[first - 1]),
        "peak_megabytes": peak * 1024 / 1e6,
    }


def steps(way: str, data: Path) -> dict[str, float]:
    """Return the milliseconds of a step and of waiting in it, in the first and later epochs."""
    num, make = prepared(way, data)
    network = ResNetGenerator(**asdict(GENERATOR))
    optimizer = torch.optim.Adam(network.parameters())
    batches, spans = make(1), []
    for _ in range(EPOCHS * num):
        began = perf_counter()
        batch = next(batches)
        came = perf_counter()
        loss = (network(batch["a"]) - batch["b"]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        spans.append((perf_counter() - began, came - began))
    ends = {"first_epoch": spans[5:num], "later_epochs": spans[num:]}
    return {
        f"{name}{of}": 1000 * statistics.mean(span[part] for span in chosen)
        for name, chosen in ends.items()
        for part, of in enumerate(("", "_waiting"))
    }


def prepared(way: str, data: Path) -> tuple[int, Callable[[int], Batches]]:
    """Return the pictures of a domain and what gives batches of them."""
    folders, manifest, _ = scan(read_layout([data], seed=0, test_fraction=0))
    paths = {"a": folders.a.train, "b": folders.b.train}
    plain = PlainPictures(paths)
    store = DecodedPictures(
        training_entries(folders, manifest),
        SHORT_SIDE,
        folder=data.parent / "cache",
        say=lambda sentence: None,
        memory=0 if way.startswith("file") else MEMORY,
    )
    ours = UnpairedPictures(paths["a"], paths["b"], store.pixels, size=SIZE, flip=True, seed=SEED)

    def make(num: int) -> Batches:
        if way == "none":
            return repeat(ours.batch(range(num)))
        if way.startswith("plain"):
            workers = int("process" in way)
            return iter(DataLoader(plain, num, sampler=count(), num_workers=workers))
        return ours.batches(count(), num, num_threads=min(MAX_READERS, os.cpu_count() or 1))

    return len(paths["a"]), make


if __name__ == "__main__":
    main()
