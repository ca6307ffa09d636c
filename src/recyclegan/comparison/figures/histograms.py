"""Histograms: LPIPS of each set to the real pictures, over that of the real ones themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from recyclegan.comparison.figures.style import INK, drawing, looks_of, shorten

COLUMNS = 3


def draw_histograms(comparison: Mapping[str, Any], path: Path) -> None:
    """Draw a panel for each set; all have the same axes."""
    distributions, looks = comparison["distributions"], looks_of(comparison["sets"])
    real = distributions["real"]
    others = [name for name in distributions if name != "real"]
    rows = math.ceil(len(others) / COLUMNS)
    with drawing(path, 3 * COLUMNS, 0.6 + 1.5 * rows) as figure:
        panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).flat
        for axes, name, title in zip(panels, others, shorten(others), strict=False):
            own = distributions[name]
            axes.stairs(_density(own), own["edges"], fill=True, color=looks[name].colour, alpha=0.6)
            axes.stairs(_density(real), real["edges"], color=INK, lw=1)
            _title(axes, title, own, real)
        for axes in panels[len(others) :]:
            axes.axis("off")
        # Where the last row is not full, the row above it carries the numbers of the axis.
        for axes in panels[max(0, len(others) - COLUMNS) : len(others)]:
            axes.tick_params(labelbottom=True)
        panels[0].set_yticks([])
        figure.supxlabel("LPIPS to real pictures; outline: of real pictures to each other")


def _title(axes: Axes, title: str, own: Mapping[str, Any], real: Mapping[str, Any]) -> None:
    axes.spines["left"].set_visible(False)
    if own["mean"] is None:
        axes.set_title(title, fontsize=9, loc="left")
        return
    apart = math.hypot(own["mean"] - real["mean"], own["std"] - real["std"])
    axes.set_title(
        f"{title}\n{own['mean']:.3f} ± {own['std']:.3f}, W {apart:.3f}",
        fontsize=9,
        loc="left",
    )


def _density(distribution: Mapping[str, Any]) -> Any:
    counts = np.asarray(distribution["counts"], np.float64)
    return counts / max(counts.sum(), 1)
