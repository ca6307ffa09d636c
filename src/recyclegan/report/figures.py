"""Numbers of an evaluation as the page prints and draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DIGITS = {"psnr": 2, "ssim": 3}
HEADINGS = {"psnr": ("PSNR", "dB, higher is better"), "ssim": ("SSIM", "up to 1, higher is better")}
ROW_NAMES = {
    "identity": ("Source as it is", "nothing changed"),
    "colour_transfer": ("Colour transfer", "mean and contrast of each channel, nothing learnt"),
    "dark_channel": ("Dark channel", "haze removed by its physics, nothing learnt"),
    "translator": ("This translator", ""),
}


@dataclass(frozen=True)
class Whisker:
    """An interval on a shared axis, in percent of its width; `zero` is where nothing changes."""

    low: float
    width: float
    value: float
    zero: float


def number(value: float | None, metric: str, *, signed: bool = False) -> str:
    """Return a figure with its metric's number of decimals, a true minus sign, or a dash."""
    if value is None:
        return "–"
    return f"{value:{'+' if signed else ''}.{DIGITS[metric]}f}".replace("-", "−")


def interval(estimate: Mapping[str, Any], metric: str, *, signed: bool = False) -> str:
    """Return "21.04 to 22.31", or why there is none."""
    if estimate["low"] is None:
        return "too few pictures for an interval"
    low, high = (number(estimate[end], metric, signed=signed) for end in ("low", "high"))
    return f"{low} to {high}"


def clearness(estimate: Mapping[str, Any]) -> str:
    """Return whether a difference is "better", "worse" or "unclear": zero in its interval."""
    if estimate["low"] is None or estimate["low"] <= 0 <= estimate["high"]:
        return "unclear"
    return "better" if estimate["low"] > 0 else "worse"


def best_row(evaluation: Mapping[str, Any], metric: str) -> str:
    """Return the row with the highest mean, or "" where there is none."""
    means = {name: row[metric]["value"] for name, row in evaluation["rows"].items()}
    known = {name: mean for name, mean in means.items() if mean is not None}
    return max(known, key=lambda name: known[name], default="")


def whiskers(differences: Mapping[str, Any], metric: str) -> dict[str, Whisker]:
    """Place the intervals of one metric's differences on one axis that holds them all and zero."""
    known = {k: d[metric] for k, d in differences.items() if d[metric]["low"] is not None}
    low, high = _axis([end for d in known.values() for end in (d["low"], d["high"])])

    def percent(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    return {
        name: Whisker(
            low=percent(d["low"]),
            width=round(percent(d["high"]) - percent(d["low"]), 2),
            value=percent(d["value"]),
            zero=percent(0),
        )
        for name, d in known.items()
    }


def _axis(ends: Sequence[float]) -> tuple[float, float]:
    """Return an axis around all ends and zero, with some room."""
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.06 * ((high - low) or 1)
    return low - room, high + room
