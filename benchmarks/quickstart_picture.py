"""Draw the README's picture from a finished quickstart.

    make quickstart && .venv/bin/python benchmarks/quickstart_picture.py

Held-out scenes in their order, both directions: the picture, its translation, its mean/std colour
transfer and the truth, each at twice its size. Writes docs/images/quickstart.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from recyclegan.data.layouts import read_layout
from recyclegan.evaluation.translation import target_statistics, transfer_colours
from recyclegan.images.decoding import decode
from recyclegan.images.grid import picture_grid
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.runs.run_dir import open_run

OUT = Path(__file__).parents[1] / "docs" / "images" / "quickstart.png"
TITLES = ("picture", "translation", "colour transfer", "truth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quickstart", type=Path, default=Path("quickstart"))
    parser.add_argument("--rows", type=int, default=3, help="pictures of each direction")
    args = parser.parse_args()
    config = open_run(args.quickstart / "run")[1].config
    folders = read_layout(
        [args.quickstart / "scenes"], seed=config.seed, test_fraction=config.images.test_fraction
    )
    rows, titles = [], []
    for direction, source, target in (("a2b", folders.a, folders.b), ("b2a", folders.b, folders.a)):
        statistics = target_statistics(target.train)
        for path in source.test[: args.rows]:
            recoloured = transfer_colours(to_tensor(decode(path))[None], statistics)[0]
            translation = args.quickstart / "translations" / direction / path.name
            row = (
                decode(path),
                decode(translation),
                to_image(recoloured),
                decode(source.truth[path]),
            )
            rows.append([double(picture) for picture in row])
        titles += [f"{source.name} → {target.name}", *[""] * (args.rows - 1)]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    picture_grid(rows, TITLES, titles).save(OUT, optimize=True)
    print(OUT)


def double(picture: Image.Image) -> Image.Image:
    return picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
