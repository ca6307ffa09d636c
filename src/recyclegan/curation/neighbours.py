"""Exact nearest neighbours, in blocks: memory grows with the pictures, not with their square."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from recyclegan.curation.findings import Pair

BLOCK = 2048
"""Pictures whose neighbours are looked for at a time."""


def nearest_neighbours(
    features: NDArray[np.float32], k: int, *, on_progress: Callable[[int, int], None] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distances and indices (N,k) of the nearest others of each row of features (N,D).

    Euclidean, exact, nearest first; ties go to the smaller index among those found. Fewer than k
    where there are fewer rows.
    """
    num = len(features)
    k = min(k, num - 1)
    distances, indices = np.zeros((num, max(k, 0))), np.zeros((num, max(k, 0)), np.int64)
    if k < 1:
        return distances, indices
    search = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(features)
    for start in range(0, num, BLOCK):
        rows = np.arange(start, min(start + BLOCK, num))
        far, near = search.kneighbors(features[rows])
        # Of more than k equal pictures a picture may not find itself: then the last one goes.
        far[near == rows[:, None]] = np.inf
        order = np.lexsort((near, far), axis=1)[:, :k]
        distances[rows] = np.take_along_axis(far, order, 1)
        indices[rows] = np.take_along_axis(near, order, 1)
        if on_progress:
            on_progress(int(rows[-1]) + 1, num)
    return distances, indices


def nearest_pairs(
    distances: NDArray[np.float64], indices: NDArray[np.int64], num_pairs: int
) -> tuple[Pair, ...]:
    """Return the nearest pairs, each once and nearest first, among neighbours (N,k)."""
    first = np.repeat(np.arange(len(indices)), indices.shape[1])
    second = indices.ravel()
    ends = np.stack([np.minimum(first, second), np.maximum(first, second)], 1)
    ends, where = np.unique(ends, axis=0, return_index=True)
    lengths = distances.ravel()[where]
    order = np.lexsort((ends[:, 1], ends[:, 0], lengths))[:num_pairs]
    return tuple(Pair(int(ends[row, 0]), int(ends[row, 1]), float(lengths[row])) for row in order)


def oddity(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance to the nearest others (N,) from distances (N,k)."""
    return distances.mean(1) if distances.shape[1] else np.zeros(len(distances))
