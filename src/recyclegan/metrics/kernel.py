"""The kernel distance between two sets of features: unbiased, however few the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.metrics.resampling import Figure, Floats, divide, require_two

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
    so that a single value may be negative. It is not multiplied by 100 or 1,000. Within a set only
    pairs of distinct pictures count, in a resample too: a picture beside its own copy would look
    like agreement. Binkowski et al. 2018, section 4; Gretton et al. 2012, eq. 3.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    fake, real = _prepared(fake), _prepared(real)
    if weights_fake is None or weights_real is None:
        weights_fake = weights_real = None
    drawn_fake, drawn_real = _with_all(len(fake), weights_fake), _with_all(len(real), weights_real)
    estimates = (
        _mean_within(fake, drawn_fake)
        + _mean_within(real, drawn_real)
        - 2 * _mean_across(fake, real, drawn_fake, drawn_real)
    )
    replicates = None if weights_fake is None else estimates[1:]
    return Figure(float(estimates[0]), replicates, min(len(fake), len(real)))


def kid_matrix(sets: Sequence[NDArray[Any]]) -> Floats:
    """Return the kernel distances (S, S) between sets of features, each (N_s, D); diagonal 0.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    features = [_prepared(rows) for rows in sets]
    drawn = [_with_all(len(rows), None) for rows in features]
    within = [_mean_within(*pair)[0] for pair in zip(features, drawn, strict=True)]
    distances = np.zeros((len(sets), len(sets)))
    for first in range(len(sets)):
        for second in range(first):
            across = _mean_across(features[first], features[second], drawn[first], drawn[second])
            distance = within[first] + within[second] - 2 * across[0]
            distances[first, second] = distances[second, first] = distance
    return distances


def _prepared(features: NDArray[Any]) -> Floats:
    require_two(len(features))
    return np.asarray(features, dtype=np.float64)


def _with_all(num: int, weights: Floats | None) -> Floats:
    """Put the set as it is, each picture once, before its resamples."""
    once = np.ones((1, num))
    return once if weights is None else np.vstack([once, weights])


def _cube(values: Floats) -> Floats:
    # Not `** 3`: numpy raises to a power one value at a time.
    return values * values * values


def _sums(first: Floats, second: Floats, drawn: Floats, drawn_second: Floats) -> Floats:
    """Return the weighted sum of k over all pairs of the two sets, one a row of weights."""
    sums = np.zeros(len(drawn))
    for start in range(0, len(second), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel = _cube(first @ second[rows].T / first.shape[1] + 1)
        sums += np.einsum("rn,rn->r", drawn @ kernel, drawn_second[:, rows])
    return sums


def _mean_within(features: Floats, drawn: Floats) -> Floats:
    """Return the weighted mean of k over pairs of distinct pictures, one a row of weights."""
    own = _cube(np.einsum("nd,nd->n", features, features) / features.shape[1] + 1)
    squares = drawn**2
    pairs = drawn.sum(axis=1) ** 2 - squares.sum(axis=1)
    return divide(_sums(features, features, drawn, drawn) - squares @ own, pairs)


def _mean_across(first: Floats, second: Floats, drawn: Floats, drawn_second: Floats) -> Floats:
    """Return the weighted mean of k over all pairs of the two sets, one a row of weights."""
    return _sums(first, second, drawn, drawn_second) / (len(first) * len(second))
