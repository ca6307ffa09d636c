"""The sample grid of a run: real, translated, recovered and identity, on a fixed panel."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image
from torch import Tensor, nn

from recyclegan.images.grid import picture_grid
from recyclegan.images.tensors import to_image
from recyclegan.training.held_out import translate_all
from recyclegan.translators.cyclegan import GENERATORS

NUM_EACH = 4


def sample_grid(
    generators: nn.ModuleDict, pictures: Mapping[str, Tensor], domains: Mapping[str, str]
) -> Image.Image:
    """Return the grid for pictures (N,3,H,W) of both domains: a2b above, b2a below."""
    rows, titles = [], []
    for direction, name in GENERATORS.items():
        source, target = direction.split("2")
        there, back = generators[name], generators[GENERATORS[f"{target}2{source}"]]
        real = pictures[source][:NUM_EACH]
        fake = translate_all(there, real)
        columns = (real, fake, translate_all(back, fake), translate_all(back, real))
        rows += [[to_image(picture) for picture in row] for row in zip(*columns, strict=True)]
        titles += [f"{domains[source]} → {domains[target]}", *[""] * (len(real) - 1)]
    return picture_grid(rows, ("real", "translated", "recovered", "identity"), titles)
