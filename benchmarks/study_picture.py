r"""Draw what the trainings of a study made of the same test pictures, side by side.

    .venv/bin/python benchmarks/study_picture.py STUDY scenes/10-minutes a2b OUT.jpg cyclegan-0 \
        recyclegan-0 --data STUDY/data/scenes

Columns: the picture, its colour transfer, each training named, and the truth where there is one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from recyclegan.evaluation import baselines
from recyclegan.evaluation.pairing import names_below
from recyclegan.images.decoding import decode
from recyclegan.images.grid import picture_grid
from recyclegan.images.listing import list_images
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.colour_transfer import colour_statistics
from recyclegan.report.comparison_pictures import choose_evenly


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="the folder of a study")
    parser.add_argument("group", help="DATA/BUDGET, as below its runs")
    parser.add_argument("direction", choices=("a2b", "b2a"))
    parser.add_argument("out", type=Path, help="the picture to write")
    parser.add_argument("trainings", nargs="+", help="NAME-SEED, as below the group")
    parser.add_argument("--data", type=Path, required=True, help="the dataset, for the transfer")
    parser.add_argument("--rows", type=int, default=6)
    args = parser.parse_args()
    source, target = args.direction[0].upper(), args.direction[-1].upper()
    pictures = named(args.data / f"test{source}")
    truths = named(args.data / f"truth{source}")
    made = [
        named(args.study / "translations" / args.group / training / args.direction)
        for training in args.trainings
    ]
    colours = colour_statistics(
        to_tensor(decode(path)) for path in named(args.data / f"train{target}").values()
    )
    rows = []
    for name in choose_evenly(sorted(pictures), args.rows):
        picture = decode(pictures[name])
        shown = [picture, baselines.recoloured(picture, colours)]
        shown += [decode(files[name]) for files in [*made, *([truths] if truths else [])]]
        rows.append([double(each) for each in shown])
    titles = ["picture", "transfer", *args.trainings, *(["truth"] if truths else [])]
    picture_grid(rows, titles).save(args.out, quality=88)
    print(args.out)


def named(folder: Path) -> dict[str, Path]:
    return names_below(folder, list_images(folder).paths) if folder.is_dir() else {}


def double(picture: Image.Image) -> Image.Image:
    return picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
