"""The maps of a matrix as the page draws them, each with how far it bends the distances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

METHODS = ("mds", "tsne")


def make_maps(matrix: Mapping[str, Any], maps: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return for each map at hand its points, centred and within a unit ball, and its stress.

    The record tells the stress of MDS; that of t-SNE is measured here, so that both can be judged.
    """
    made: dict[str, Any] = {}
    if maps is None:
        return made
    distances = np.asarray(matrix["values"], np.float64).clip(0)
    if maps.get("of", "").startswith("square roots"):
        distances = np.sqrt(distances)
    for method in METHODS:
        for dimensions in (2, 3):
            found = maps.get(f"{method}{dimensions}")
            if found:
                points = np.asarray(found["points"], np.float64)
                made[f"{method}{dimensions}"] = {
                    "points": _in_unit_ball(points),
                    "stress": found.get("stress", measure_stress(points, distances)),
                    "perplexity": found.get("perplexity"),
                }
    return made


def measure_stress(points: ArrayLike, distances: ArrayLike) -> float | None:
    """Return Kruskal's stress-1 of a map at its best scale: 0 where every distance is kept.

    Points are (N, 2) or (N, 3), distances (N, N); NaN, where there is none, does not count. None
    where there is nothing to compare.
    """
    placed = np.asarray(points, np.float64)
    wanted = np.asarray(distances, np.float64)
    pairs = np.triu(np.isfinite(wanted), 1)
    shown = np.linalg.norm(placed[:, None] - placed[None], axis=-1)[pairs]
    true = wanted[pairs]
    if not (shown @ shown) or not (true @ true):
        return None
    scale = (shown @ true) / (true @ true)
    return round(float(np.sqrt(((shown - scale * true) ** 2).sum() / (shown @ shown))), 4)


def _in_unit_ball(points: np.ndarray) -> list[list[float]]:
    centred = points - points.mean(axis=0)
    radius = np.linalg.norm(centred, axis=1).max() or 1.0
    return [[round(float(value), 4) for value in point] for point in centred / radius]
