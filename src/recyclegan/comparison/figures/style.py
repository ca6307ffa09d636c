"""What all figures share: colours, marks, fonts, and how they are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

DPI = 160
INK = "#222222"
FAINT = "#bbbbbb"
GREY = "#7f7f7f"

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8c6d00")
"""Okabe and Ito's palette for all kinds of sight, its yellow darkened for light paper."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
"""A further round of colours has the next of these."""
BASELINE_MARKERS = {"identity": "P", "colour_transfer": "X", "dark_channel": "d"}

SETTINGS: Any = {
    "font.size": 9,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e4e4e4",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # A name like "$x$" is a name, no formula.
    "text.parse_math": False,
}


@dataclass(frozen=True)
class Look:
    """How a set is drawn, in all figures alike."""

    colour: str
    marker: str

    @property
    def area(self) -> int:
        """How large its mark is on a map, in square points: a star is mostly air."""
        return 110 if self.marker == "*" else 46


def looks_of(sets: Sequence[Mapping[str, Any]]) -> dict[str, Look]:
    """Return the look of each set: black for the real pictures, grey for baselines."""
    looks = {"truth": Look(INK, "D")}
    num = 0
    for entry in sets:
        if entry["role"] == "real":
            look = Look(INK, "*")
        elif entry["role"] == "baseline":
            look = Look(GREY, BASELINE_MARKERS[entry["name"]])
        else:
            turn, place = divmod(num, len(COLOURS))
            look = Look(COLOURS[place], MARKERS[turn % len(MARKERS)])
            num += 1
        looks[entry["name"]] = look
    return looks


@contextmanager
def drawing(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Yield an empty figure of so many inches, and save it as a PNG afterwards."""
    with matplotlib.rc_context(SETTINGS):
        figure = Figure((width, height), dpi=DPI, layout="constrained")
        yield figure
        # No date and no version: the same comparison gives the same file.
        figure.savefig(path, metadata={"Software": None})


def shorten(names: Sequence[str], length: int = 28) -> list[str]:
    """Return names that fit beside an axis: long ones lose their middle where they stay apart."""
    half = (length - 1) // 2
    cut = [n if len(n) <= length else f"{n[:half]}…{n[-half:]}" for n in names]
    return [short if cut.count(short) == 1 else n for n, short in zip(names, cut, strict=True)]
