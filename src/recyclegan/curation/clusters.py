"""Clusters of like pictures, each split again, ordered from its centre outwards."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

MIN_PICTURES = 9
"""Pictures that a cluster, or a cluster of a cluster, has on average at least."""

NUM_STARTS = 3
"""Random starts of k-means, of which the best is kept."""


@dataclass(frozen=True)
class Clusters:
    """For each picture its cluster, the cluster within that, and its place from the centre."""

    cluster: NDArray[np.int64]
    subcluster: NDArray[np.int64]
    rank: NDArray[np.int64]


def cluster_pictures(features: NDArray[np.float32], num_clusters: int, seed: int) -> Clusters:
    """Return clusters of features (N,D) by k-means, the largest first; the seed decides.

    There are `num_clusters`, and as many in each cluster, or fewer where they would have less than
    nine pictures on average.
    """
    cluster, distance = _k_means(features, num_clusters, seed)
    subcluster, rank = np.zeros_like(cluster), np.zeros_like(cluster)
    for number in range(int(cluster.max(initial=-1)) + 1):
        members = np.flatnonzero(cluster == number)
        subcluster[members], _ = _k_means(features[members], num_clusters, seed)
        rank[members[np.argsort(distance[members], kind="stable")]] = np.arange(len(members))
    return Clusters(cluster, subcluster, rank)


def _k_means(
    features: NDArray[np.float32], num_clusters: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the cluster of each row, numbered by size, and its distance to the centre."""
    num = min(num_clusters, max(1, len(features) // MIN_PICTURES))
    # Sums of several threads come in any order, and with them the last bits of a centre.
    with threadpool_limits(1), warnings.catch_warnings():
        # Fewer different pictures than clusters: some clusters stay empty, which does no harm.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = KMeans(num, n_init=NUM_STARTS, random_state=seed).fit(features)
    labels = fitted.labels_
    distance = np.linalg.norm(features - fitted.cluster_centers_[labels], axis=1)
    largest_first = np.argsort(-np.bincount(labels, minlength=num), kind="stable")
    number = np.empty(num, np.int64)
    number[largest_first] = np.arange(num)
    return number[labels], distance.astype(np.float64)
