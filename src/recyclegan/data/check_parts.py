"""The figures of a check by domain and split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from recyclegan.data.examining import Facts


@dataclass(frozen=True)
class Range:
    """The smallest, the median and the largest of some values."""

    min: float
    median: float
    max: float


@dataclass(frozen=True)
class Part:
    """One split of one domain, with at least one picture."""

    domain: str
    split: str
    files: Sequence[Facts]

    @property
    def short_side(self) -> Range:
        """The short sides in pixels."""
        return _range([min(file.size) for file in self.files])

    @property
    def brightness(self) -> Range:
        """The mean grey levels, in [0, 1]."""
        return _range([file.measures.brightness for file in self.files])

    @property
    def sharpness(self) -> Range:
        """The variances of the Laplacian over those of the grey levels."""
        return _range([file.measures.sharpness for file in self.files])

    @property
    def darkest(self) -> Facts:
        """The picture of the lowest brightness."""
        return min(self.files, key=lambda file: file.measures.brightness)

    @property
    def brightest(self) -> Facts:
        """The picture of the highest brightness."""
        return max(self.files, key=lambda file: file.measures.brightness)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as values that strict JSON can hold."""
        return {
            "domain": self.domain,
            "split": self.split,
            "pictures": len(self.files),
            "short_side": vars(self.short_side),
            "brightness": vars(self.brightness),
            "sharpness": vars(self.sharpness),
            "darkest": str(self.darkest.path),
            "brightest": str(self.brightest.path),
        }


def parts_in(files: Sequence[Facts]) -> list[Part]:
    """Return the parts that have pictures, by domain and split."""
    keys = sorted({(file.domain, file.split) for file in files})
    return [Part(*key, [f for f in files if (f.domain, f.split) == key]) for key in keys]


def _range(values: Sequence[float]) -> Range:
    return Range(min(values), median(values), max(values))
