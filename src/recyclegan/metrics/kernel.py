"""The kernel distance between two sets of features: unbiased, however few the pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.errors import UserError
from recyclegan.metrics.resampling import Figure, Floats, divide

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
    of all pictures: its mean over draws is the true distance, 0 for equal distributions, so that a
    single value may be negative. Not multiplied by 100 or 1,000. In a resample only pairs of
    distinct pictures count: a picture beside its own copy would look like agreement.
    Binkowski et al. 2018, section 4; Gretton et al. 2012, eq. 3.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    fake, real = _prepared(fake), _prepared(real)
    drawn_fake, drawn_real = (
        _with_ones(len(fake), weights_fake),
        _with_ones(len(real), weights_real),
    )
    estimates = (
        _mean_within(fake, drawn_fake)
        + _mean_within(real, drawn_real)
        - 2 * _mean_across(fake, real, drawn_fake, drawn_real)
    )
    resampled = weights_fake is not None and weights_real is not None
    replicates = estimates[1:] if resampled else None
    return Figure(float(estimates[0]), replicates, min(len(fake), len(real)))


def kid_matrix(sets: Sequence[NDArray[Any]]) -> Floats:
    """Return the kernel distances (S, S) between sets of features, each (N_s, D); diagonal 0.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    features = [_prepared(rows) for rows in sets]
    ones = [_with_ones(len(rows), None) for rows in features]
    within = [float(_mean_within(rows, one)[0]) for rows, one in zip(features, ones, strict=True)]
    distances = np.zeros((len(sets), len(sets)))
    for first in range(len(sets)):
        for second in range(first):
            across = _mean_across(features[first], features[second], ones[first], ones[second])
            distance = within[first] + within[second] - 2 * float(across[0])
            distances[first, second] = distances[second, first] = distance
    return distances


def _prepared(features: NDArray[Any]) -> Floats:
    if len(features) < 2:
        raise UserError(
            f"a distance between sets of pictures needs at least 2 in each, and one has "
            f"{len(features)}: give a folder with more pictures."
        )
    return np.asarray(features, dtype=np.float64)


def _with_ones(num: int, weights: Floats | None) -> Floats:
    """Put the set as it is in front of its resamples."""
    ones = np.ones((1, num))
    return ones if weights is None else np.vstack([ones, weights])


def _kernel(first: Floats, second: Floats) -> Floats:
    affinity = first @ second.T / first.shape[1] + 1
    # Not `** 3`: numpy raises to a power one value at a time.
    return affinity * affinity * affinity


def _blocks(num: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, num, BLOCK))


def _mean_within(features: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of k over pairs of distinct pictures, one a row of weights."""
    own = np.einsum("nd,nd->n", features, features) / features.shape[1] + 1
    totals = -(weights**2 @ own**3)
    for rows in _blocks(len(features)):
        totals += (weights @ _kernel(features, features[rows]) * weights[:, rows]).sum(axis=1)
    return divide(totals, weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1))


def _mean_across(first: Floats, second: Floats, drawn: Floats, drawn_second: Floats) -> Floats:
    """Return the weighted mean of k over all pairs of the two sets, one a row of weights."""
    totals = np.zeros(max(len(drawn), len(drawn_second)))
    for rows in _blocks(len(second)):
        totals += (drawn @ _kernel(first, second[rows]) * drawn_second[:, rows]).sum(axis=1)
    return totals / (len(first) * len(second))
