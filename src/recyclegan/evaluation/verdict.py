"""What an evaluation says, in a sentence that anyone can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recyclegan.evaluation.registry import Metric, describe

NAMES = {
    "identity": "the picture left as it is",
    "colour_transfer": "a mere colour transfer",
    "dark_channel": "haze removal by the dark channel",
}


def state_verdict(evaluation: Mapping[str, Any], name: str = "psnr") -> str:
    """Compare translations with each baseline by one figure, and say so where nothing is clear.

    The figure is one that is taken beside a truth. A difference is called clear where its 95 %
    interval leaves out zero.
    """
    metric = describe(name)
    clauses = [
        _clause(NAMES[baseline], differences[name], metric)
        for baseline, differences in evaluation["differences"].items()
    ]
    figure = evaluation["metrics"][name]
    num = figure["num"] + figure["num_infinite"]
    pictures = f"{num} held-out picture{'' if num == 1 else 's'}"
    return f"Measured on {pictures} by {name.upper()}, the translation is {_listed(clauses)}."


def _listed(clauses: Sequence[str]) -> str:
    return ", and ".join(filter(None, (", ".join(clauses[:-1]), clauses[-1])))


def _clause(baseline: str, difference: Mapping[str, Any], metric: Metric) -> str:
    if difference["interval"] is None:
        return f"not comparable with {baseline} (too few pictures for an interval)"
    unit = f" {metric.unit}" if metric.unit else ""
    value, low, high = (
        f"{number:+.{metric.digits}f}" for number in (difference["value"], *difference["interval"])
    )
    figures = f"{value}{unit}, 95 % interval {low} to {high}"
    if difference["verdict"] == "unclear":
        return f"not clearly closer to the truth or further from it than {baseline} ({figures})"
    where = "closer to" if difference["verdict"] == "better" else "further from"
    return f"{where} the truth than {baseline} ({figures})"
