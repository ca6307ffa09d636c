"""Numbers of an evaluation as the page prints and draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recyclegan.evaluation.registry import Metric, describe

TRANSLATOR = "translator"
ROW_NAMES = {
    "identity": ("Source as it is", "nothing changed"),
    "colour_transfer": ("Colour transfer", "mean and contrast of each channel, nothing learnt"),
    "dark_channel": ("Dark channel", "haze removed by its physics, nothing learnt"),
    TRANSLATOR: ("This translator", ""),
}


@dataclass(frozen=True)
class Whisker:
    """An interval on a shared axis, in percent of its width; `zero` is where nothing changes."""

    low: float
    width: float
    value: float
    zero: float


def columns(evaluation: Mapping[str, Any]) -> list[Metric]:
    """Return what was measured beside the truth, in order."""
    return [metric for name in evaluation["metrics"] if "truth" in (metric := describe(name)).needs]


def heading(metric: Metric) -> tuple[str, str]:
    """Return a metric's short title and its unit with which way is better."""
    unit = metric.unit or "up to 1"
    return metric.title.removesuffix(" to truth"), f"{unit}, {metric.better} is better"


def rows(evaluation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the figures of each baseline and then of the translator, by row and metric."""
    named = {name: row for name, row in evaluation["rows"].items() if name in ROW_NAMES}
    return named | {TRANSLATOR: evaluation["metrics"]}


def num_pictures(evaluation: Mapping[str, Any]) -> int:
    """Return how many pictures were measured beside their truth."""
    return max(
        (
            figure["num"] + figure["num_infinite"]
            for metric in columns(evaluation)
            for figure in (evaluation["metrics"][metric.name],)
        ),
        default=0,
    )


def recipes(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return how each figure and each row was made."""
    made = {
        metric.name: evaluation["metrics"][metric.name]["recipe"] for metric in columns(evaluation)
    }
    return made | {"rows": evaluation["row_recipes"]}


def number(value: float | None, metric: str, *, signed: bool = False) -> str:
    """Return a figure with its metric's number of decimals, a true minus sign, or a dash."""
    if value is None:
        return "–"
    return f"{value:{'+' if signed else ''}.{describe(metric).digits}f}".replace("-", "−")


def interval(estimate: Mapping[str, Any], metric: str, *, signed: bool = False) -> str:
    """Return "21.04 to 22.31", or why there is none."""
    if estimate["interval"] is None:
        return "too few pictures for an interval"
    low, high = (number(end, metric, signed=signed) for end in estimate["interval"])
    return f"{low} to {high}"


def best_row(evaluation: Mapping[str, Any], metric: str) -> str:
    """Return the row with the best mean, or "" where there is none."""
    means = {name: row[metric]["value"] for name, row in rows(evaluation).items()}
    known = {name: mean for name, mean in means.items() if mean is not None}
    choose = min if describe(metric).better == "lower" else max
    return choose(known, key=lambda name: known[name], default="")


def whiskers(differences: Mapping[str, Any], metric: str) -> dict[str, Whisker]:
    """Place the intervals of one metric's differences on one axis that holds them all and zero."""
    known = {k: d[metric] for k, d in differences.items() if d[metric]["interval"] is not None}
    low, high = _axis([end for d in known.values() for end in d["interval"]])

    def percent(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    return {
        name: Whisker(
            low=percent(d["interval"][0]),
            width=round(percent(d["interval"][1]) - percent(d["interval"][0]), 2),
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
