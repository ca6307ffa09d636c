"""Curate many small frames: pictures per second of each stage, and the memory at its highest.

    .venv/bin/python benchmarks/curate_50k.py
    .venv/bin/python benchmarks/curate_50k.py --features resnet18 --weights WEIGHTS

Draws frames of 96x64 pixels (half bright for A, half dark for B; a tenth are shifted copies of
others) and runs the command's work on them in a process of its own. The peak of that process's
memory is compared with the bound that docs/curation.md states. Adds the result to
curate_50k.json beside this script, under the features' name and the number.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recyclegan.curation.curating import Settings, curate
from recyclegan.features.loading import load_extractor
from recyclegan.images.parallel import in_parallel

RESULT = Path(__file__).with_suffix(".json")
SIZE = (96, 64)
BASE_MIB = 1200
"""Programs and libraries, the network and a batch."""
BYTES_PER_VALUE = 24
"""For each value of each feature: the cache and the copies in work at one time."""
BYTES_PER_PICTURE = 6000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num", type=int, default=50_000, help="frames in all")
    parser.add_argument("--features", default="luminance")
    parser.add_argument("--weights", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "frames"
        start = time.perf_counter()
        draw_frames(data, args.num)
        print(f"drew {args.num:,} frames in {time.perf_counter() - start:.0f} s", flush=True)
        # A process of its own, so that the drawing is not in the peak.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(curated, (data, Path(folder) / "features", args))
    row["within_bound"] = row["peak_mib"] <= row["bound_mib"]
    print(json.dumps(row, indent=2))
    rows = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    rows[f"{args.features} {args.num}"] = row
    RESULT.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


def draw_frames(data: Path, num: int) -> None:
    """Write half of the frames to each domain, each with blurred noise of its own."""
    for letter in "AB":
        (data / f"train{letter}").mkdir(parents=True)

    def draw(index: int) -> None:
        letter, number = "AB"[index % 2], index // 2
        copy = number % 10 == 9
        rng = np.random.default_rng((index % 2, number - copy))
        blocks = rng.integers(0, 256 if letter == "A" else 80, (16, 24, 3), np.uint8)
        frame = Image.fromarray(blocks).resize(SIZE, Image.Resampling.BICUBIC)
        pixels = np.roll(np.asarray(frame), int(copy), axis=1)
        Image.fromarray(pixels).save(data / f"train{letter}" / f"{number:06}.jpg", quality=90)

    for _ in in_parallel(draw, range(num)):
        pass


def curated(data: Path, features_dir: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of each stage and the peak of memory of this process."""
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[Callable[[int, int], None]]:
        start = time.perf_counter()
        yield lambda done, total: None
        seconds[name] = time.perf_counter() - start
        print(f"{name}: {seconds[name]:.1f} s", flush=True)

    extractor = load_extractor(args.features, args.weights)
    found = curate(data, features_dir, (extractor, extractor), Settings(), stage)
    num = len(found.findings.a.items) + len(found.findings.b.items)
    width = extractor.features(extractor.prepare(Image.new("RGB", SIZE))[None]).shape[1]
    groups = {item.group for item in (*found.findings.a.items, *found.findings.b.items)}
    return {
        "pictures": num,
        "feature_values": width,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "pictures_per_second": {
            name: round(num / value / (1 if name in ("Listing", "Near-duplicates") else 2), 1)
            for name, value in seconds.items()
        },
        "near_duplicate_groups": len(groups),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "bound_mib": bound_mib(num, width),
    }


def bound_mib(num: int, width: int) -> int:
    """Return the bound stated in docs/curation.md, in MiB."""
    return BASE_MIB + round(num * (width * BYTES_PER_VALUE + BYTES_PER_PICTURE) / 2**20)


if __name__ == "__main__":
    main()
