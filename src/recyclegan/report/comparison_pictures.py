"""Which pictures the page carries, and how large: each is embedded once, wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.report.embedding import data_uri

MAX_SIDE = 384
"""Pictures of the grid are shown reduced to this many pixels."""

SMALL_SIDE = 192
"""Pictures that stand at the percentiles only are shown smaller."""

QUALITY = 90

GRID_BYTES = 6_000_000
"""About so much of the page the grid's pictures may take; beyond it, fewer are shown, evenly."""

MIN_COLUMNS = 2


@dataclass(frozen=True)
class Shown:
    """A picture in one place of the page: `uri` is None where it is embedded further up."""

    key: str
    uri: str | None
    width: int
    height: int


@dataclass(frozen=True)
class GridColumn:
    """One picture's name with its source, its truth and what each set made of it."""

    name: str
    source: Shown | None
    truth: Shown | None
    sets: Mapping[str, Shown | None]


@dataclass(frozen=True)
class Sample:
    """The picture at one percentile of a set's distribution."""

    percentile: int
    name: str
    value: float
    picture: Shown | None
    source: Shown | None


class Album:
    """The pictures of a page, each read and embedded where it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[Path, Shown] = {}

    def show(self, path: str | None, max_side: int = MAX_SIDE) -> Shown | None:
        """Return a picture to show, or None where there is none or it cannot be read."""
        if path is None:
            return None
        file = self._folder / path
        if file in self._keys:
            return self._keys[file]
        try:
            picture = decode(file)
        except UnreadableImage:
            return None
        uri = data_uri(picture, max_side=max_side, quality=QUALITY)
        first = Shown(f"picture-{len(self._keys)}", uri, *picture.size)
        self._keys[file] = Shown(first.key, None, *picture.size)
        return first


def choose_evenly(items: Sequence[Any], num: int) -> list[Any]:
    """Return so many items, evenly spaced from the first to the last, in their order."""
    if num >= len(items):
        return list(items)
    places = [round(i * (len(items) - 1) / max(num - 1, 1)) for i in range(num)]
    return [items[place] for place in places]


def show_grid(grid: Sequence[Mapping[str, Any]], album: Album, folder: Path) -> list[GridColumn]:
    """Return as many columns as GRID_BYTES holds, chosen evenly by the size of the middle one."""
    if not grid:
        return []
    middle = _column(grid[len(grid) // 2], Album(folder))
    pictures = [middle.source, middle.truth, *middle.sets.values()]
    size = sum(len(shown.uri or "") for shown in pictures if shown)
    num = max(MIN_COLUMNS, GRID_BYTES // max(size, 1))
    return [_column(entry, album) for entry in choose_evenly(grid, num)]


def _column(entry: Mapping[str, Any], album: Album) -> GridColumn:
    return GridColumn(
        name=entry["name"],
        source=album.show(entry["source"]),
        truth=album.show(entry["truth"]),
        sets={name: album.show(path) for name, path in entry["sets"].items()},
    )


def show_percentiles(
    percentiles: Mapping[str, Sequence[Mapping[str, Any]]], album: Album
) -> dict[str, list[Sample]]:
    """Return each set's pictures at the percentiles of its distribution, with their sources."""
    return {
        name: [
            Sample(
                percentile=sample["percentile"],
                name=sample["name"],
                value=sample["value"],
                picture=album.show(sample["path"], SMALL_SIDE),
                source=album.show(sample["source"], SMALL_SIDE),
            )
            for sample in samples
        ]
        for name, samples in percentiles.items()
    }
