"""The kernel distance between two sets of features: unbiased, however few the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.metrics.resampling import Figure, Floats, linear_figure, require_two

BLOCK = 512
"""Rows of a kernel matrix held at once."""


def kid(
    fake: NDArray[Any],
    real: NDArray[Any],
    weights_fake: Floats | None = None,
    weights_real: Floats | None = None,
) -> Figure:
    """Return the kernel distance (KID) of features (N, D) from (M, D), with weights (R, N), (R, M).

    The squared maximum mean discrepancy with k(x, y) = (x.y / D + 1)^3, as the unbiased U-statistic
    over all pictures: its mean over draws is the true distance, which is 0 for equal distributions,
    so that a single value may be negative. It is not multiplied by 100 or 1,000. Only pairs of
    distinct pictures count. Binkowski et al. 2018, section 4; Gretton et al. 2012, eq. 3.

    The replicates are linear in the weights. Resampling the U-statistic itself would count the
    variance of its degenerate part three times; this counts it twice, nearer to the truth.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    fake, real = _prepared(fake), _prepared(real)
    fake_to_real, real_to_fake = _mean_kernels(fake, real)
    pull_fake, pull_real = _mean_within(fake) - fake_to_real, _mean_within(real) - real_to_fake
    value = pull_fake.mean() + pull_real.mean()
    influences = [2 * (pull - pull.mean()) for pull in (pull_fake, pull_real)]
    return linear_figure(value, influences, (weights_fake, weights_real))


def kid_matrix(sets: Sequence[NDArray[Any]]) -> Floats:
    """Return the kernel distances (S, S) between sets of features, each (N_s, D); diagonal 0.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    features = [_prepared(rows) for rows in sets]
    within = [_mean_within(rows).mean() for rows in features]
    distances = np.zeros((len(sets), len(sets)))
    for first, ours in enumerate(features):
        for second, theirs in enumerate(features[:first]):
            across = _mean_kernels(ours, theirs)[0].mean()
            distance = within[first] + within[second] - 2 * across
            distances[first, second] = distances[second, first] = distance
    return distances


def _prepared(features: NDArray[Any]) -> Floats:
    require_two(len(features))
    return np.asarray(features, dtype=np.float64)


def _cube(values: Floats) -> Floats:
    # Not `** 3`: numpy raises to a power one value at a time.
    return values * values * values


def _mean_within(features: Floats) -> Floats:
    """Return each picture's mean k to the other pictures of its set, (N,)."""
    num = len(features)
    own = _cube(np.einsum("nd,nd->n", features, features) / features.shape[1] + 1)
    return (num * _mean_kernels(features, features)[0] - own) / (num - 1)


def _mean_kernels(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the mean k of each of `first` to all of `second`, (N,), and of `second` to `first`."""
    means, totals = np.empty(len(first)), np.zeros(len(second))
    for start in range(0, len(first), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel = _cube(first[rows] @ second.T / first.shape[1] + 1)
        means[rows] = kernel.mean(axis=1)
        totals += kernel.sum(axis=0)
    return means, totals / len(first)
