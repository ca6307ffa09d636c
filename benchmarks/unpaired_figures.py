r"""Measure translations of pictures without truth, beside the trivial baselines.

    .venv/bin/recyclegan translate RUN DATA/testA out --direction a2b
    .venv/bin/python benchmarks/unpaired_figures.py --source DATA/testA --fake out \
        --real DATA/testB --train DATA/trainB --size 128

Prints the sliced Wasserstein distance of patches (smaller is closer) to the real pictures of the
target domain: of the untouched source, of its mean/std colour transfer, of the translation, and of
the target domain's training pictures as a floor.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from recyclegan.data.held_out import held_out_pictures
from recyclegan.images.listing import list_images
from recyclegan.metrics.colour_transfer import colour_statistics, colour_transfer
from recyclegan.metrics.patches import sliced_wasserstein


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("source", "fake", "real", "train"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--size", type=int, default=128, help="side of the centre squares")
    args = parser.parse_args()
    sets = {
        name: load(getattr(args, name), args.size) for name in ("source", "fake", "real", "train")
    }
    recoloured = colour_transfer(sets["source"], colour_statistics(sets["train"]))
    rows = {
        "identity": sets["source"],
        "colour transfer": recoloured,
        "translation": sets["fake"],
        "real training pictures": sets["train"],
    }
    for name, pictures in rows.items():
        distance = sliced_wasserstein(pictures, sets["real"])
        print(f"{name:<24}{distance:.3f}  ({len(pictures)} pictures)")


def load(folder: Path, size: int) -> Tensor:
    return torch.stack(held_out_pictures(list_images(folder).paths, size=size, limit=None))


if __name__ == "__main__":
    main()
