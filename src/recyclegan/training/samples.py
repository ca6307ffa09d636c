"""The sample grid of a run: real, translated, recovered and identity, on a fixed panel."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image
from torch import Tensor, nn

from recyclegan.images.grid import picture_grid
from recyclegan.images.tensors import to_image
from recyclegan.training.held_out import directions_of, translate_all
from recyclegan.translators.translator import GENERATORS

NUM_EACH = 4
COLUMNS = ("real", "translated", "recovered", "identity")


def sample_grid(
    generators: nn.ModuleDict, pictures: Mapping[str, Tensor], domains: Mapping[str, str]
) -> Image.Image:
    """Return the grid for pictures (N,3,H,W) of both domains: a2b above, b2a below.

    Without a way back a row is real and translated alone.
    """
    rows, titles = [], []
    for direction in directions_of(generators):
        source, target = direction.split("2")
        real = pictures[source][:NUM_EACH]
        columns = [real, translate_all(generators[GENERATORS[direction]], real)]
        way_back = GENERATORS[f"{target}2{source}"]
        if way_back in generators:
            columns += [translate_all(generators[way_back], made) for made in columns[::-1]]
        rows += [[to_image(picture) for picture in row] for row in zip(*columns, strict=True)]
        titles += [f"{domains[source]} → {domains[target]}", *[""] * (len(real) - 1)]
    return picture_grid(rows, COLUMNS[: len(rows[0])], titles)
