"""How LPIPS to the real pictures is distributed in each set, and how far two such are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUM_BINS = 40

Array = NDArray[np.float64]


def describe_distributions(to_real: Mapping[str, Array]) -> dict[str, dict[str, Any]]:
    """Return mean, deviation, number and histogram of each set's distances (N,R), NaN left out.

    All histograms have the same edges, from the least to the greatest distance of any set.
    """
    values = {label: distances[np.isfinite(distances)] for label, distances in to_real.items()}
    pooled = np.concatenate(list(values.values()))
    edges = np.histogram_bin_edges(pooled, NUM_BINS)
    return {
        label: {
            "mean": float(some.mean()) if len(some) else None,
            "std": float(some.std()) if len(some) else None,
            "num": len(some),
            "edges": edges.tolist(),
            "counts": np.histogram(some, edges)[0].tolist(),
        }
        for label, some in values.items()
    }


def wasserstein_matrix(distributions: Mapping[str, Mapping[str, Any]]) -> Array:
    """Return W (S,S) of each two distributions taken as normal ones.

    W^2 = (m1 - m2)^2 + (s1 - s2)^2, the second Wasserstein distance in one dimension (Dowson and
    Landau 1982).
    """
    moments = np.array([(d["mean"], d["std"]) for d in distributions.values()], np.float64)
    distances: Array = np.linalg.norm(moments[:, None] - moments, axis=2)
    return distances
