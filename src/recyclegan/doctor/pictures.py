"""A short look at a data set: is it understood, and does a sample of it decode?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recyclegan.data.layouts import read_unsplit
from recyclegan.errors import UserError
from recyclegan.images.decoding import decode

LOOKED_AT = 32
"""Pictures of each domain that are decoded, evenly spaced."""


@dataclass(frozen=True)
class Pictures:
    """What was seen of a data set; `trouble` is empty where nothing is wrong."""

    layout: str
    counts: dict[str, int]
    """Training pictures by the name of their domain."""
    smallest: tuple[int, int] | None
    """Width and height of the picture with the shortest side, of those looked at."""
    trouble: tuple[str, ...]


def look_at(data: Sequence[Path]) -> Pictures:
    """Return what a sample of a data set shows; what cannot be understood becomes trouble."""
    try:
        folders = read_unsplit(data)
    except UserError as error:
        return Pictures("", {}, None, (str(error),))
    domains = (folders.a, folders.b)
    sizes, trouble = [], list(folders.notes)
    for domain in domains:
        for path in domain.train[:: max(1, len(domain.train) // LOOKED_AT)]:
            try:
                sizes.append(decode(path).size)
            except Exception as error:  # A damaged file makes a decoder raise almost anything.
                trouble.append(f"{path} cannot be read ({str(error).splitlines()[0]}).")
    counts = {domain.name: len(domain.train) for domain in domains}
    return Pictures(folders.layout, counts, min(sizes, key=min, default=None), tuple(trouble))
