"""Names beside points, moved about until none lies over another or over a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.comparison.figures.style import GREY

DIRECTIONS = 16
DISTANCES = (11, 16, 26, 40, 58, 80)
"""Tried around a point, in pixels at 100 dots an inch; the first place that is free is taken."""
POINT = 5.0
"""Half the side of the square that a point keeps free."""

Array = NDArray[np.float64]


def place_labels(axes: Any, points: Array, labels: Sequence[str]) -> None:
    """Write labels beside points (N,2) given in pixels, with a line to those that had to move."""
    figure = axes.get_figure(root=True)
    unit = figure.dpi / 100
    page = np.array([0, 0, figure.bbox.width, figure.bbox.height])
    half = np.full(2, POINT * unit)
    taken = np.concatenate([points - half, points + half], axis=1)
    for point, label in zip(points, labels, strict=True):
        text = axes.annotate(
            label, point, xycoords="figure pixels", textcoords="offset pixels", fontsize=8,
            xytext=(0, 0), ha="center", va="center", zorder=9,
        )  # fmt: skip
        extent = text.get_window_extent()
        half = np.array([extent.width, extent.height]) / 2
        centre = _find_place(point, half, taken, page, unit)
        text.set_position(tuple(centre - point))
        box = np.concatenate([centre - half, centre + half])
        taken = np.vstack([taken, box])
        _lead(axes, point, box, unit)


def _find_place(point: Array, half: Array, taken: Array, page: Array, unit: float) -> Array:
    """Return the centre of the nearest place beside a point that overlaps least with what is there.

    Boxes are (left, low, right, high), `half` is half a label's width and height.
    """
    turns = np.arange(DIRECTIONS)
    # To the right first, where a name is looked for, then by turns above and below.
    angles = 2 * np.pi / DIRECTIONS * ((turns + 1) // 2) * np.where(turns % 2, 1, -1)
    ahead = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    steps = np.array(DISTANCES)[:, None, None] * unit
    # A label's middle is as much further away as the label reaches back towards the point.
    centres = (point + ahead * steps + ahead * np.abs(ahead) * half).reshape(-1, 2)
    boxes = np.concatenate([centres - half, centres + half], axis=1)
    covered = _overlaps(boxes, taken).sum(axis=1)
    outside = 4 * half.prod() - _overlaps(boxes, page[None])[:, 0]
    best: Array = centres[np.argmin(np.round(covered + outside, 3))]
    return best


def _overlaps(boxes: Array, others: Array) -> Array:
    """Return the area that each of boxes (N,4) shares with each of others (M,4)."""
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    shared: Array = (high - low).clip(0).prod(axis=2)
    return shared


def _lead(axes: Any, point: Array, box: Array, unit: float) -> None:
    """Draw a line from a point to its name where the two are not side by side."""
    nearest = np.clip(point, box[:2], box[2:])
    if np.linalg.norm(nearest - point) > 1.2 * DISTANCES[0] * unit:
        axes.annotate(
            "", tuple(nearest), tuple(point), xycoords="figure pixels",
            textcoords="figure pixels", zorder=8,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.6},
        )  # fmt: skip
