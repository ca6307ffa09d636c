"""Distances between every two sets, and the maps that are drawn of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.comparison.maps import embed, scale
from recyclegan.evaluation.registry import metrics_of
from recyclegan.metrics.frechet import frechet_matrix
from recyclegan.metrics.kernel import kid_matrix

Array = NDArray[np.float64]

MATRICES = {"kid": kid_matrix, "fd": frechet_matrix}
"""How the distances of a family of metrics are found from the features of all sets."""

AS_IT_IS = "the values as they are"
ROOT = "square roots of the values, negative ones taken as 0"


@dataclass(frozen=True)
class Matrix:
    """Distances (S,S) between sets, NaN where two cannot be compared."""

    title: str
    labels: tuple[str, ...]
    values: Array
    squared: bool
    """Whether its values are squares of distances, so that a map is made of their roots."""

    def as_json(self) -> dict[str, Any]:
        """Return title, labels and values, null for those that there are not."""
        rows = [[float(v) if np.isfinite(v) else None for v in row] for row in self.values]
        return {"title": self.title, "labels": list(self.labels), "values": rows}


def feature_matrices(
    features: Mapping[str, NDArray[np.float32]], extractor: str
) -> dict[str, Matrix]:
    """Return the kernel and Fréchet distances between sets of features, each (N_s,D), by metric."""
    labels = tuple(features)
    return {
        metric.name: Matrix(
            f"{metric.title}, every two sets",
            labels,
            MATRICES[metric.family](list(features.values())),
            True,
        )
        for metric in metrics_of(extractor)
        if metric.family in MATRICES
    }


def draw_maps(matrix: Matrix, *, seed: int = 0) -> dict[str, Any] | None:
    """Return the maps of a matrix in two and three dimensions, None where a distance is missing."""
    if len(matrix.labels) < 3 or not np.isfinite(matrix.values).all():
        return None
    distances = np.sqrt(matrix.values.clip(0)) if matrix.squared else matrix.values
    maps: dict[str, Any] = {
        "labels": list(matrix.labels),
        "of": ROOT if matrix.squared else AS_IT_IS,
    }
    for dimensions in (2, 3):
        scaled = scale(distances, dimensions)
        maps[f"mds{dimensions}"] = {"points": scaled.points.tolist(), "stress": scaled.stress}
        embedded = embed(distances, dimensions, seed=seed)
        maps[f"tsne{dimensions}"] = {
            "points": embedded.points.tolist(),
            "perplexity": embedded.perplexity,
            "seed": seed,
        }
    return maps
