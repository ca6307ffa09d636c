"""The Fréchet distance between two sets of features, taken as Gaussians, and its value at N = ∞."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.errors import UserError
from recyclegan.metrics.resampling import Figure, Floats, linear_figure, require_two

NUM_SIZES = 15
"""Sizes of subsets that the line is fitted to (Chong and Forsyth 2020, section 4)."""
SMALLEST_PART = 4
"""The smallest subsets hold one picture in this many."""
PICTURES_A_FEATURE = 3
"""From so many on the line is straight, and its interval holds the true distance (measured)."""


@dataclass(frozen=True)
class Moments:
    """Count, sum (D,) and sum of outer products (D, D) of features: parts of a set add up."""

    num: int
    total: Floats
    outer: Floats

    @classmethod
    def of(cls, features: NDArray[Any]) -> Moments:
        """Return the moments of features (N, D), in float64."""
        rows = np.asarray(features, dtype=np.float64)
        return cls(len(rows), rows.sum(axis=0), rows.T @ rows)

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.num + other.num, self.total + other.total, self.outer + other.outer)


@dataclass(frozen=True)
class _Gaussian:
    """Mean (D,), factor (K, D) with factor^T factor = covariance, and the rows' basis (N, K)."""

    num: int
    mean: Floats
    factor: Floats
    basis: Floats | None = None

    @classmethod
    def fitted(cls, features: NDArray[Any]) -> _Gaussian:
        require_two(len(features))
        rows = np.asarray(features, dtype=np.float64)
        num, mean = len(rows), rows.mean(axis=0)
        factor = (rows - mean) / np.sqrt(num - 1)
        if num <= rows.shape[1]:
            return cls(num, mean, factor)
        basis, factor = np.linalg.qr(factor)
        return cls(num, mean, factor, basis)

    @classmethod
    def from_moments(cls, moments: Moments) -> _Gaussian:
        require_two(moments.num)
        mean = moments.total / moments.num
        covariance = (moments.outer - moments.num * np.outer(mean, mean)) / (moments.num - 1)
        values, vectors = np.linalg.eigh(covariance)
        # Rounding leaves eigenvalues near 1e-16 for 0; their roots, near 1e-8, would count.
        floor = len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
        factor = np.sqrt(np.where(values > floor, values, 0.0))[:, None] * vectors.T
        return cls(moments.num, mean, factor)

    @property
    def variance(self) -> float:
        return float((self.factor**2).sum())


def frechet_distance(fake: NDArray[Any] | Moments, real: NDArray[Any] | Moments) -> float:
    """Return the Fréchet distance of features (N, D) from (M, D), or of their moments; at least 0.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), Dowson and Landau 1982, eq. 4; Heusel et al. 2017,
    eq. 6. With S = R^T R the last trace is the sum of the singular values of R1 R2^T, which is
    real and exact however few the pictures: no matrix root is taken.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    return _distance(_gaussian(fake), _gaussian(real))


def frechet_matrix(sets: Sequence[NDArray[Any]]) -> Floats:
    """Return the Fréchet distances (S, S) between sets of features, each (N_s, D); diagonal 0.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    gaussians = [_gaussian(features) for features in sets]
    distances = np.zeros((len(sets), len(sets)))
    for first, ours in enumerate(gaussians):
        for second, theirs in enumerate(gaussians[:first]):
            distances[first, second] = distances[second, first] = _distance(ours, theirs)
    return distances


def frechet(
    fake: NDArray[Any],
    real: NDArray[Any],
    weights_fake: Floats | None = None,
    weights_real: Floats | None = None,
) -> Figure:
    """Return the Fréchet distance of features (N, D) from (M, D), with weights (R, N) and (R, M).

    The value belongs to these numbers of pictures: it falls as they grow, by much more than the
    interval, which tells what other pictures, as many, would give. The replicates are linear in
    the weights, by the derivative of the trace term, tr(T dS1) with T the optimal map between the
    two Gaussians: one decomposition for all resamples. In a resample with copies the covariance
    would lose rank, and the distance grow.

    Raises:
        UserError: A set has fewer than two pictures.
    """
    value, influences = _distance_and_influences(fake, real)
    return linear_figure(value, influences, (weights_fake, weights_real))


def frechet_infinity(
    fake: NDArray[Any],
    real: NDArray[Any],
    order_fake: NDArray[np.intp],
    order_real: NDArray[np.intp],
    weights_fake: Floats | None = None,
    weights_real: Floats | None = None,
) -> Figure:
    """Return the Fréchet distance that a line through smaller sets predicts for endless ones.

    Features are (N, D) and (M, D), the orders random ones (N,) and (M,) from which subsets are cut;
    a size's distance is the mean over as many disjoint subsets as there are. The line is in 1 / N,
    with both sets cut alike (Chong and Forsyth 2020, section 4, cut one). It may be negative. It is
    straight, and its interval holds the true distance, from about 3 pictures a feature on;
    with fewer it ends far too high, and its interval tells what as many other pictures would give.

    Raises:
        UserError: A set has too few pictures for its smallest subsets to hold two.
    """
    num = min(len(fake), len(real))
    if num < 2 * SMALLEST_PART:
        raise UserError(
            f"the Fréchet distance at N = infinity needs at least {2 * SMALLEST_PART} pictures in "
            f"each set, and one has {num}: leave it out or give a folder with more pictures."
        )
    whole = len(fake), len(real)
    parts = np.linspace(1, SMALLEST_PART, NUM_SIZES)
    sizes = [tuple(int(count / part) for count in whole) for part in parts]
    inverse = [np.mean(np.divide(whole, size)) for size in sizes]
    # The fitted line's height at 1 / N = 0 is a weighted sum of the distances at these sizes.
    shares = np.linalg.pinv(np.stack([np.ones(NUM_SIZES), inverse], axis=1))[0]
    value, influences = 0.0, [np.zeros(count) for count in whole]
    for part, size, share in zip(parts, sizes, shares / np.floor(parts), strict=True):
        for block in range(int(part)):
            chosen = [
                order[block * held : (block + 1) * held]
                for order, held in zip((order_fake, order_real), size, strict=True)
            ]
            distance, moved = _distance_and_influences(fake[chosen[0]], real[chosen[1]])
            value += share * distance
            for side in range(2):
                influences[side][chosen[side]] += share * moved[side] * whole[side] / size[side]
    return linear_figure(value, influences, (weights_fake, weights_real))


def _gaussian(features: NDArray[Any] | Moments) -> _Gaussian:
    if isinstance(features, Moments):
        return _Gaussian.from_moments(features)
    return _Gaussian.fitted(features)


def _distance(ours: _Gaussian, theirs: _Gaussian) -> float:
    shared = np.linalg.svd(ours.factor @ theirs.factor.T, compute_uv=False).sum()
    apart = ((ours.mean - theirs.mean) ** 2).sum()
    return max(0.0, float(apart + ours.variance + theirs.variance - 2 * shared))


def _distance_and_influences(
    fake: NDArray[Any], real: NDArray[Any]
) -> tuple[float, tuple[Floats, Floats]]:
    ours, theirs = _Gaussian.fitted(fake), _Gaussian.fitted(real)
    left, shared, right = np.linalg.svd(ours.factor @ theirs.factor.T, full_matrices=False)
    step = ours.mean - theirs.mean
    value = float((step**2).sum() + ours.variance + theirs.variance - 2 * shared.sum())
    influences = (
        _influence(fake, ours, step, left, shared),
        _influence(real, theirs, -step, right.T, shared),
    )
    return max(0.0, value), influences


def _influence(
    features: NDArray[Any], gaussian: _Gaussian, step: Floats, vectors: Floats, shared: Floats
) -> Floats:
    """Return the derivative of the distance along each row, (N,), with a mean of 0.

    With rows X and covariance X^T X / (N - 1) = S1, X T X^T / (N - 1) = (X S2 X^T / (N - 1))^(1/2),
    whose eigenvectors and eigenvalues are the left singular vectors and the singular values.
    """
    rows = np.asarray(features, dtype=np.float64) - gaussian.mean
    if gaussian.basis is not None:
        vectors = gaussian.basis @ vectors
    num = gaussian.num
    spread = num / (num - 1) * (rows**2).sum(axis=1) - num * (vectors**2 @ shared)
    return 2 * rows @ step + spread - (gaussian.variance - shared.sum())
