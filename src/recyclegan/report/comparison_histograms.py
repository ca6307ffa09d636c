"""Histograms of LPIPS as small drawings on common axes, the real set's behind each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recyclegan.report.charts import Tick, round_marks
from recyclegan.report.comparison_words import shown_name

WIDTH, HEIGHT = 320, 96
BASE = 76
"""Where the bars stand, in the drawing's own units."""


@dataclass(frozen=True)
class Histogram:
    """One set's distribution: outlines as SVG paths, `real` empty for the real set itself."""

    name: str
    role: str
    path: str
    real: str
    words: str


def draw_histograms(
    distributions: Mapping[str, Mapping[str, Any]], sets: Sequence[Mapping[str, Any]]
) -> list[Histogram]:
    """Return a drawing for each set with a distribution, in the order of the sets."""
    entries = [entry for entry in sets if entry["name"] in distributions]
    if not entries:
        return []
    left, right = _limits(distributions)
    heights = {name: _densities(d) for name, d in distributions.items()}
    top = max(max(density, default=0.0) for density in heights.values()) or 1.0

    def outline(name: str) -> str:
        edges = distributions[name]["edges"]
        x = [round((edge - left) / (right - left) * WIDTH, 1) for edge in edges]
        y = [round(BASE - (BASE - 4) * height / top, 1) for height in heights[name]]
        steps = [f"V{up}H{to}" for up, to in zip(y, x[1:], strict=True)]
        return f"M{x[0]},{BASE}{''.join(steps)}V{BASE}"

    real = next((e["name"] for e in entries if e["role"] == "real"), None)
    return [
        Histogram(
            name=shown_name(entry),
            role=entry["role"],
            path=outline(entry["name"]),
            real=outline(real) if real is not None and entry["name"] != real else "",
            words=_words(distributions[entry["name"]]),
        )
        for entry in entries
    ]


def mark_axis(distributions: Mapping[str, Mapping[str, Any]]) -> list[Tick]:
    """Return the marks of the axis that all histograms share."""
    left, right = _limits(distributions)
    marks = [mark for mark in round_marks(left, right, 4) if left <= mark <= right]
    return [Tick(round((mark - left) / (right - left) * WIDTH, 1), f"{mark:g}") for mark in marks]


def _limits(distributions: Mapping[str, Mapping[str, Any]]) -> tuple[float, float]:
    edges = [edge for distribution in distributions.values() for edge in distribution["edges"]]
    left, right = min(edges), max(edges)
    return left, right if right > left else left + 1


def _densities(distribution: Mapping[str, Any]) -> list[float]:
    """Return the share of each bin over its width, so that sets of any number compare."""
    counts, edges = distribution["counts"], distribution["edges"]
    total = sum(counts) or 1
    widths = [max(end - start, 1e-12) for start, end in itertools.pairwise(edges)]
    return [count / total / width for count, width in zip(counts, widths, strict=True)]


def _words(distribution: Mapping[str, Any]) -> str:
    mean, std, num = distribution["mean"], distribution["std"], distribution["num"]
    if mean is None:
        return "no pairs"
    return f"mean {mean:.3f}, spread {std or 0:.3f}, {num:,} pairs"
