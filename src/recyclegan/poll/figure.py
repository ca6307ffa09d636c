"""The result as a picture: strengths with whiskers, and how metrics go with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, SOFT, ACCENT = "#1d1c1a", "#8a867d", "#3a55c4"
ROW = 0.34
"""Inches for a row."""


def draw_score(score: dict[str, Any], path: Path) -> None:
    """Write a score as PNG, replacing an earlier one."""
    sets = sorted(score["sets"].items(), key=lambda item: item[1]["strength"]["value"])
    metrics = sorted(score["metrics"].items(), key=lambda item: item[1]["spearman"]["value"])
    num_rows = max(len(sets), len(metrics), 3)
    figure = Figure((12 if metrics else 6.5, 1.9 + ROW * num_rows), layout="constrained")
    panels = figure.subplots(1, 2 if metrics else 1, squeeze=False)[0]
    counts = score["votes"]
    figure.suptitle(score["asks"], x=0.01, ha="left", fontsize=13, color=INK)
    _whiskers(
        panels[0],
        [name for name, _ in sets],
        [row["strength"] for _, row in sets],
        [ACCENT] * len(sets),
    )
    num_counted = counts["num_voters"] - counts["num_voters_dropped"]
    panels[0].set_xlabel(
        "strength in log odds, 95 % interval\n"
        f"{counts['num_votes']} votes of {num_counted} people on {counts['num_pictures']} pictures"
    )
    if metrics:
        clear = [row["verdict"] != "unclear" for _, row in metrics]
        _whiskers(
            panels[1],
            [name for name, _ in metrics],
            [row["spearman"] for _, row in metrics],
            [ACCENT if known else SOFT for known in clear],
        )
        panels[1].set_xlim(-1.08, 1.08)
        num_sets = max(row["num_sets"] for _, row in metrics)
        panels[1].set_xlabel(
            f"rank correlation with people, {num_sets} sets, 95 % interval\n"
            "1: ranks as people do; grey: not clear"
        )
    # Renamed into place, so that a kill leaves the earlier picture.
    temporary = path.with_name(f".{path.name}.writing")
    figure.savefig(temporary, format="png", dpi=160)
    temporary.replace(path)


def _whiskers(
    axes: Axes, names: Sequence[str], rows: Sequence[dict[str, Any]], colours: Sequence[str]
) -> None:
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        axes.plot(row["interval"], (place, place), color=colour, lw=2, alpha=0.55)
        axes.plot(row["value"], place, "o", color=colour, ms=7)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.axvline(0, color=SOFT, lw=0.8)
    # A name may hold a dollar sign, which would begin a formula.
    axes.set_yticks(range(len(names)), [name.replace("$", r"\$") for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False, colors=INK)
