"""Bars: one metric of all sets, with intervals, beside what chance alone gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from recyclegan.comparison.figures.style import GREY, INK, drawing, looks_of, shorten

ARROWS = {"higher": ", higher is better", "lower": ", lower is better", None: ""}


def draw_bars(comparison: Mapping[str, Any], metric: str, path: Path) -> None:
    """Draw a metric's value and 95 % interval for each set that has one, in their order."""
    figures, about = comparison["figures"], comparison["metrics"][metric]
    looks = looks_of(comparison["sets"])
    names = [
        entry["name"]
        for entry in comparison["sets"]
        if entry["role"] != "real" and _value(figures, entry["name"], metric) is not None
    ]
    with drawing(path, 6.4, 1.1 + 0.27 * max(len(names), 3)) as figure:
        axes = figure.add_subplot()
        for place, name in enumerate(names):
            estimate = figures[name][metric]
            axes.barh(place, estimate["value"], 0.62, color=looks[name].colour, alpha=0.85)
            if estimate["interval"]:
                axes.plot(estimate["interval"], [place, place], color=INK, lw=1.3)
                axes.plot(estimate["interval"], [place, place], "|", color=INK, ms=6)
        _floor(axes, figures.get("real", {}).get(metric))
        axes.axvline(0, color=GREY, lw=0.8)
        axes.set_yticks(range(len(names)), shorten(names))
        axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
        unit = f" in {about['unit']}" if about["unit"] else ""
        figure.suptitle(
            f"{about['title']}{unit}{ARROWS[about['better']]}", x=0.01, ha="left", fontsize=9
        )
        axes.set_xlabel("bar: value, line: 95 % interval")
        axes.tick_params(axis="y", length=0)


def _value(figures: Mapping[str, Any], name: str, metric: str) -> float | None:
    value: float | None = figures.get(name, {}).get(metric, {}).get("value")
    return value


def _floor(axes: Axes, floor: Mapping[str, Any] | None) -> None:
    """Mark what one half of the real pictures gets against the other."""
    if not floor or floor["value"] is None:
        return
    axes.axvline(floor["value"], color=INK, lw=1, ls=(0, (4, 3)))
    axes.legend(
        [axes.lines[-1]],
        ["real against real (half the pictures)"],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0,
        frameon=False,
        fontsize=8,
    )
