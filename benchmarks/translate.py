"""How fast are pictures translated from disk to disk, beside the plain way, and in what memory?

    .venv/bin/python benchmarks/translate.py --num 200

The plain way is one process that decodes, computes (float32, eager, torch's own threads and memory)
and encodes one picture after the other. Ours is the command. Both translate the same seeded JPEGs
with the same untrained model, in turns, a block at a time; the time of each block, start of the
process included, is by the wall clock. Rows that translate.json has already, of the same setting,
are not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
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
from recyclegan.images.listing import list_images
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.translation.translator import load_translator
from recyclegan.variants.registry import VARIANTS

RESULT = Path(__file__).with_suffix(".json")
SIZES = {"256x256": (256, 256), "1280x720": (1280, 720), "4000x3000": (4000, 3000)}
JPEG = {"quality": 95, "subsampling": 0}
LARGEST_PLAIN = 4e8
"""Pixels times features: the plain way takes too much memory for more."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num", type=int, default=200, help="pictures (one of 4000x3000)")
    parser.add_argument("--blocks", type=int, default=4, help="turns that they are divided into")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--variants", nargs="+", default=["recyclegan", "cyclegan"])
    parser.add_argument("--plain", nargs=3, metavar=("MODEL", "IN", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plain:
        plainly(*map(Path, args.plain))
        return
    machine = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
    rows = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    for variant in args.variants:
        for name in args.sizes:
            num, blocks = (1, 1) if name == "4000x3000" else (args.num, args.blocks)
            key = f"{variant} {name} x {num} in {blocks} blocks"
            if key not in rows:
                rows[key] = {"machine": machine, **measure(variant, SIZES[name], num, blocks)}
                write_json(RESULT, rows)
            print(f"{key}: {json.dumps(rows[key])}", flush=True)


def measure(variant: str, size: tuple[int, int], num: int, blocks: int) -> dict[str, object]:
    """Return seconds, images a second and peaks of both ways, and how far their results differ."""
    features = VARIANTS[variant].generator.features
    ways = ["ours"] if features * size[0] * size[1] > LARGEST_PLAIN else ["plain", "ours"]
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    peaks = dict.fromkeys(ways, 0)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        model = write_model(root / "generators.safetensors", variant)
        # A first call with one picture: the choice of arithmetic is made, files are in memory.
        write_pictures(root / "one", 1, (256, 256))
        command = [sys.executable, "-m", "recyclegan", "translate"]
        first = [timed([*command, str(model), str(root / "one/0000.jpg"), str(root / f"{number}"),
                        "--direction", "a2b"])[0] for number in range(4)]  # fmt: skip
        for block in range(blocks):
            source = root / f"in-{block}"
            write_pictures(source, num // blocks, size, seed=block)
            for way in ways:
                start = command if way == "ours" else [sys.executable, __file__, "--plain"]
                end = ["--direction", "a2b"] if way == "ours" else []
                out = root / f"{way}-{block}"
                took, peak = timed([*start, str(model), str(source), str(out), *end])
                seconds[way].append(took)
                peaks[way] = max(peaks[way], peak)
        row: dict[str, object] = {
            "first_call_seconds": round(first[0], 2),
            "one_picture_seconds": round(statistics.median(first[1:]), 2),
            "block_seconds": {way: [round(t, 2) for t in times] for way, times in seconds.items()},
            "images_per_second": {
                way: round(num / sum(times), 3) for way, times in seconds.items()
            },
            "peak_megabytes": {way: round(peak / 1e6) for way, peak in peaks.items()},
        }
        if len(ways) == 2:
            pairs = zip(seconds["plain"], seconds["ours"], strict=True)
            ratio = statistics.median(plain / ours for plain, ours in pairs)
            row |= {
                "times_as_fast": round(ratio, 2),
                "largest_difference": difference(model, root / "in-0" / "0000.jpg"),
            }
    return row


def plainly(model: Path, source: Path, out: Path) -> None:
    """Translate a folder as one would write it down."""
    translator = load_translator(model, "a2b", precision="fp32")
    out.mkdir()
    with torch.inference_mode():
        for path in list_images(source).paths:
            picture = to_tensor(Image.open(path))
            lacks = [-side % translator.generator.size_multiple for side in picture.shape[1:]]
            padded = torch.nn.functional.pad(picture[None], (0, lacks[1], 0, lacks[0]), "reflect")
            result = translator.generator(padded)[0, :, : picture.shape[1], : picture.shape[2]]
            to_image(result).save(out / path.name, **JPEG)


def timed(command: list[str]) -> tuple[float, int]:
    """Run a command; return its seconds and its peak of memory in bytes."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed"
    return time.perf_counter() - began, usage.ru_maxrss * 1024


def write_model(path: Path, variant: str) -> Path:
    torch.manual_seed(0)
    config = VARIANTS[variant].generator
    generator = ResNetGenerator(**asdict(config))
    initialise(generator, "normal")
    tensors = {f"generator_a2b.{name}": value for name, value in generator.state_dict().items()}
    info = GeneratorInfo(variant, config, {"a": "day", "b": "night"}, ("a2b",), 256, 0)
    path.write_bytes(generators_bytes(tensors, info))
    return path


def write_pictures(folder: Path, num: int, size: tuple[int, int], seed: int = 0) -> None:
    """Write soft shapes with some grain, which are as large as JPEGs of photographs."""
    folder.mkdir()
    for number in range(num):
        random = np.random.default_rng((seed, number))
        shapes = random.integers(
            0, 256, (max(2, size[1] // 16), max(2, size[0] // 16), 3), np.uint8
        )
        soft = np.asarray(
            Image.fromarray(shapes).resize(size, Image.Resampling.BICUBIC), np.float32
        )
        grain = random.standard_normal((size[1], size[0], 1), np.float32) * 4
        pixels = (soft + grain).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04}.jpg", **JPEG)


def difference(model: Path, path: Path) -> int:
    """Return the largest difference from fp32 in one picture's translation, in grey levels."""
    with Image.open(path) as picture:
        ours, plain = (
            np.asarray(load_translator(model, "a2b", precision=precision)(picture), np.int16)
            for precision in ("auto", "fp32")
        )
    return int(abs(ours - plain).max())


if __name__ == "__main__":
    main()
