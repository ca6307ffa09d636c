"""Draw held-out scenes of a finished quickstart, for the README, or beside another one's.

    make quickstart
    .venv/bin/python benchmarks/quickstart_picture.py

    .venv/bin/recyclegan quickstart --variant cyclegan --out quickstart-cyclegan
    .venv/bin/python benchmarks/quickstart_picture.py --beside quickstart-cyclegan

Scenes in their order, both directions: the picture, its translation, its mean/std colour transfer
or the other quickstart's translation, and the truth, each at twice its size. Writes
docs/images/quickstart.png, or equal_time.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from recyclegan.data.layouts import DomainFiles, read_layout
from recyclegan.evaluation import baselines
from recyclegan.images.decoding import decode
from recyclegan.images.grid import picture_grid
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.colour_transfer import colour_statistics
from recyclegan.runs.run_dir import open_run

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quickstart", type=Path, default=Path("quickstart"))
    parser.add_argument("--beside", type=Path, help="another quickstart, of the same scenes")
    parser.add_argument("--rows", type=int, default=3, help="pictures of each direction")
    args = parser.parse_args()
    folders = read_layout([args.quickstart / "scenes"], seed=0, test_fraction=0.2)
    rows, titles = [], []
    for direction, source, target in (("a2b", folders.a, folders.b), ("b2a", folders.b, folders.a)):
        for path in source.test[: args.rows]:
            third = (
                decode(args.beside / "translations" / direction / path.name)
                if args.beside
                else recoloured(path, target)
            )
            translation = decode(args.quickstart / "translations" / direction / path.name)
            row = decode(path), translation, third, decode(source.truth[path])
            rows.append([double(picture) for picture in row])
        titles += [f"{source.name} → {target.name}", *[""] * (args.rows - 1)]
    names = ("translation", "colour transfer")
    if args.beside:
        names = tuple(variant(folder) for folder in (args.quickstart, args.beside))
    out = IMAGES / ("equal_time.png" if args.beside else "quickstart.png")
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture_grid(rows, ("picture", *names, "truth"), titles).save(out, optimize=True)
    print(out)


def variant(quickstart: Path) -> str:
    return open_run(quickstart / "run")[1].config.variant


def recoloured(path: Path, target: DomainFiles) -> Image.Image:
    colours = colour_statistics(to_tensor(decode(path)) for path in target.train)
    return baselines.recoloured(decode(path), colours)


def double(picture: Image.Image) -> Image.Image:
    return picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
