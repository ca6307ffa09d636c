"""Matrices: the distance of every two sets, as colours and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from recyclegan.comparison.figures.style import drawing, shorten

MOST_NUMBERS = 16
"""Larger matrices are colours only."""


def draw_matrix(matrix: Mapping[str, Any], path: Path) -> None:
    """Draw a symmetric matrix; what is missing stays white."""
    labels = shorten(matrix["labels"], 18)
    values = np.array(matrix["values"], np.float64)
    num = len(labels)
    written = num <= MOST_NUMBERS
    side = (0.62 if written else 0.24) * num
    with drawing(path, side + 2.6, side + 1.7) as figure:
        axes = figure.add_subplot()
        axes.set_title(matrix["title"], fontsize=9, loc="left", x=0)
        drawn: Any = axes.imshow(values, cmap="cividis_r")
        axes.set_xticks(range(num), labels, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(num), labels)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        figure.colorbar(drawn, ax=axes, shrink=0.8)
        for row, column in np.ndindex(values.shape) if written else ():
            value = float(values[row, column])
            if np.isfinite(value):
                red, green, blue, _ = drawn.cmap(drawn.norm(value))
                dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
                axes.text(
                    column, row, _number(value), ha="center", va="center", fontsize=7,
                    color="white" if dark else "black",
                )  # fmt: skip


def _number(value: float) -> str:
    """Return three figures, without a needless zero in front."""
    text = f"{value:.3g}" if abs(value) >= 0.001 or not value else f"{value:.0e}"
    return text.replace("e-0", "e-")
