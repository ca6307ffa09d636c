"""Pictures per second from a made archive in Nexet's layout, beside plain Pillow and the study."""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from recyclegan.data.fitting import cut_border, fit_square
from recyclegan.data.nexet import nexet_sources
from recyclegan.data.plan import Plan
from recyclegan.data.preparing import prepare

STUDY = 48


def make_archive(root: Path, photos: list[Path], num: int) -> None:
    rng = np.random.default_rng(0)
    rows = [("image_filename", "lighting", "city")]
    for i in range(num):
        photo = Image.open(photos[i % len(photos)]).convert("RGB")
        cut = rng.integers(0, 24, 4).tolist()
        box = (cut[0], cut[1], photo.width - cut[2], photo.height - cut[3])
        photo.resize((1280, 720), Image.Resampling.BICUBIC, box).save(root / f"{i:05d}.jpg")
        rows.append((f"{i:05d}.jpg", "Day" if i % 2 else "Night", "New York"))
    with (root / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def plain(root: Path, out: Path) -> None:
    out.mkdir()
    for path in sorted(root.glob("*.jpg")):
        fit_square(cut_border(Image.open(path).convert("RGB")), 256).save(out / f"{path.stem}.png")


def ours(root: Path, out: Path) -> None:
    sources, _ = nexet_sources(root, cities=["New York"], lightings=("Day", "Night"))
    plan = Plan(frame=(1280, 720), border=True, split="random")
    prepare(out, sources, {"a": "day", "b": "night"}, plan)


def draft_error(root: Path) -> dict[str, float]:
    """Compare a decode at half size before LANCZOS with the full decode, on 20 frames."""
    worst, squares, seconds = 0, [], [0.0, 0.0]
    for path in sorted(root.glob("*.jpg"))[:20]:
        fitted = []
        for half in (False, True):
            begun = time.perf_counter()
            image = Image.open(path)
            if half:
                image.draft("RGB", (640, 360))
            fitted.append(np.asarray(fit_square(image.convert("RGB"), 256), np.int16))
            seconds[half] += time.perf_counter() - begun
        difference = np.abs(fitted[0] - fitted[1])
        worst = max(worst, int(difference.max()))
        squares.append(float((difference.astype(float) ** 2).mean()))
    psnr = 10 * np.log10(255**2 / np.mean(squares))
    return {"psnr": float(psnr), "max_levels": worst, "speed_up": seconds[0] / seconds[1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=2000)
    parser.add_argument("--photos", type=Path, required=True)
    given = parser.parse_args()
    photos = sorted(given.photos.rglob("*.jpg"))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "archive"
        root.mkdir()
        make_archive(root, photos, given.num)
        rates: dict[str, list[float]] = {"plain": [], "ours": []}
        for turn in range(3):
            for label, run in (("plain", plain), ("ours", ours)):
                begun = time.perf_counter()
                run(root, Path(name) / f"{label}{turn}")
                rates[label].append(given.num / (time.perf_counter() - begun))
        medians = {label: statistics.median(values) for label, values in rates.items()}
        result = {"num": given.num, "images_per_second": medians | {"study": STUDY}, "runs": rates}
        result["half_decode"] = draft_error(root)
    print(json.dumps(result, indent=2))
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
