"""What became of each picture of a translation, and of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from recyclegan.images.decoding import UnreadableImage


@dataclass(frozen=True)
class Made:
    """A result that was written: its (width, height), and what of this machine's time it took."""

    size: tuple[int, int]
    seconds: float


Outcome = Made | UnreadableImage | None
"""None where the result was there and is kept."""


@dataclass
class Counts:
    """What became of the pictures of one translation."""

    found: int = 0
    ignored: int = 0
    translated: int = 0
    kept: int = 0
    renamed: list[Path] = field(default_factory=list)
    failed: list[UnreadableImage] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Width and height of those translated."""
    seconds: list[float] = field(default_factory=list)
    """How long each took, without reading and writing: of a share of the cores, that share."""

    def add(self, picture: Path, result: Path, outcome: Outcome) -> None:
        """Count one picture."""
        if result.stem != picture.stem:
            self.renamed.append(result)
        if outcome is None:
            self.kept += 1
        elif isinstance(outcome, UnreadableImage):
            # By the name it has here, whatever the worker that tried it calls it.
            self.failed.append(UnreadableImage(picture, outcome.reason))
        else:
            self.translated += 1
            self.sizes[outcome.size] += 1
            self.seconds.append(outcome.seconds)
