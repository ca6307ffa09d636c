"""Sheets of pictures: the same names by all sets, and each set at percentiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from recyclegan.comparison.figures.style import shorten
from recyclegan.images.decoding import decode
from recyclegan.images.grid import picture_grid
from recyclegan.images.resizing import resize_short_side

LARGEST, SMALLEST = 256, 96
"""Short side of a picture on a sheet, by how many there are beside each other."""
WIDTH, HEIGHT = 2560, 8192
"""About how large a sheet gets before its pictures shrink."""


def draw_grid(comparison: Mapping[str, Any], path: Path) -> None:
    """Draw a row for each picture: its source, what each set made of it, and its truth."""
    entries = comparison["samples"]["grid"]
    sets = list(entries[0]["sets"])
    before, after = (
        [flag] if any(e[flag] for e in entries) else [] for flag in ("source", "truth")
    )
    columns = [*before, *sets, *after]
    side = _side(len(columns), len(entries))
    rows = [
        [
            *(_tile(entry[flag], side) for flag in before),
            *(_tile(entry["sets"][name], side) for name in sets),
            *(_tile(entry[flag], side) for flag in after),
        ]
        for entry in entries
    ]
    titles = shorten(columns, 14)
    picture_grid(rows, titles, shorten([entry["name"] for entry in entries], 14)).save(path)


def draw_percentiles(comparison: Mapping[str, Any], path: Path) -> None:
    """Draw each set's pictures at its percentiles, below their sources where there are any."""
    samples = {n: s for n, s in comparison["samples"]["percentiles"].items() if s}
    points = [sample["percentile"] for sample in next(iter(samples.values()))]
    side = _side(2 * len(points), 2 * len(samples))
    rows: list[Sequence[Image.Image]] = []
    titles: list[str] = []
    for title, (name, chosen) in zip(shorten(list(samples), 18), samples.items(), strict=True):
        if chosen[0]["source"] and name != "identity":
            rows.append([_tile(sample["source"], side) for sample in chosen])
            titles.append("source")
        rows.append([_tile(sample["path"], side) for sample in chosen])
        titles.append(title)
    picture_grid(rows, [f"{point} %" for point in points], titles).save(path)


def _side(num_columns: int, num_rows: int) -> int:
    return max(SMALLEST, min(LARGEST, WIDTH // num_columns, HEIGHT // num_rows))


def _tile(path: str | None, side: int) -> Image.Image:
    if path is None:
        return Image.new("RGB", (side, side), "white")
    return resize_short_side(decode(Path(path)), side)
