"""The Fréchet distance between two sets of features, taken as Gaussians, and its value at N = ∞."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.errors import UserError
from recyclegan.metrics.resampling import Figure, Floats

NUM_SIZES = 15
"""Sizes of subsets that the line is fitted to (Chong and Forsyth 2020, section 4)."""
SMALLEST_PART = 4
"""The smallest subsets hold one picture in this many."""


@dataclass(frozen=True)
class Moments:
    """Count, sum (D,) and sum of outer products (D, D) of features: parts of a set add up exactly."""

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
        _require_two(len(features))
        rows = np.asarray(features, dtype=np.float64)
        num, mean = len(rows), rows.mean(axis=0)
        factor = (rows - mean) / np.sqrt(num - 1)
        if num <= rows.shape[1]:
            return cls(num, mean, factor)
        basis, factor = np.linalg.qr(factor)
        return cls(num, mean, factor, basis)

    @classmethod
    def from_moments(cls, moments: Moments) -> _Gaussian:
        _require_two(moments.num)
        mean = moments.total / moments.num
        covariance = (moments.outer - moments.num * np.outer(mean, mean)) / (moments.num - 1)
        values, vectors = np.linalg.eigh(covariance)
        # Rounding leaves eigenvalues near 1e-16 where there are none; their roots, 1e-8, would count.
        floor = len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
        factor = np.sqrt(np.where(values > floor, values, 0.0))[:, None] * vectors.T
        return cls(moments.num, mean, factor)

    @property
    def variance(self) -> float:
        return float((self.factor**2).sum())


def frechet_distance(fake: NDArray[Any] | Moments, real: NDArray[Any] | Moments) -> float:
    """Return the Fréchet distance of features (N, D) from (M, D), or of their moments; never below 0.

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
    """Return the Fréchet distance with its replicates, from weights (R, N) and (R, M).

    Raises:
        UserError: A set has fewer than two pictures.
    """
    value, influence_fake, influence_real = _distance_and_influence(fake, real)
    replicates = None
    if weights_fake is not None and weights_real is not None:
        replicates = value + _linear(weights_fake, influence_fake)
        replicates += _linear(weights_real, influence_real)
    return Figure(value, replicates, min(len(fake), len(real)))


def frechet_infinity(
    fake: NDArray[Any],
    real: NDArray[Any],
    order_fake: NDArray[np.intp],
    order_real: NDArray[np.intp],
    weights_fake: Floats | None = None,
    weights_real: Floats | None = None,
) -> Figure:
    """Return the Fréchet distance that a line through smaller sets predicts for endless ones.

    Raises:
        UserError: A set has fewer than 2 pictures in its smallest subsets.
    """
    parts = np.linspace(1, SMALLEST_PART, NUM_SIZES)
    design = np.stack([np.ones(NUM_SIZES), parts], axis=1)
    # The fitted line at 1/N = 0 is a weighted sum of the distances at the 15 sizes.
    intercept = np.linalg.pinv(design)[0]
    value, influence_fake, influence_real = 0.0, np.zeros(len(fake)), np.zeros(len(real))
    for part, share in zip(parts, intercept, strict=True):
        num_blocks = int(part)
        sizes = int(len(fake) / part), int(len(real) / part)
        for block in range(num_blocks):
            chosen_fake = order_fake[block * sizes[0] : (block + 1) * sizes[0]]
            chosen_real = order_real[block * sizes[1] : (block + 1) * sizes[1]]
            distance, ours, theirs = _distance_and_influence(fake[chosen_fake], real[chosen_real])
            value += share / num_blocks * distance
            influence_fake[chosen_fake] += share / num_blocks * ours * len(fake) / sizes[0]
            influence_real[chosen_real] += share / num_blocks * theirs * len(real) / sizes[1]
    replicates = None
    if weights_fake is not None and weights_real is not None:
        replicates = value + _linear(weights_fake, influence_fake)
        replicates += _linear(weights_real, influence_real)
    return Figure(value, replicates, min(len(fake), len(real)))


def _linear(weights: Floats, influence: Floats) -> Floats:
    return (weights - 1) @ influence / len(influence)


def _require_two(num: int) -> None:
    if num < 2:
        raise UserError(
            f"a distance between sets of pictures needs at least 2 in each, and one has {num}: "
            "give a folder with more pictures."
        )


def _gaussian(features: NDArray[Any] | Moments) -> _Gaussian:
    if isinstance(features, Moments):
        return _Gaussian.from_moments(features)
    return _Gaussian.fitted(features)


def _distance(ours: _Gaussian, theirs: _Gaussian) -> float:
    shared = np.linalg.svd(ours.factor @ theirs.factor.T, compute_uv=False).sum()
    apart = ((ours.mean - theirs.mean) ** 2).sum()
    return max(0.0, float(apart + ours.variance + theirs.variance - 2 * shared))


def _distance_and_influence(fake: NDArray[Any], real: NDArray[Any]) -> tuple[float, Floats, Floats]:
    ours, theirs = _gaussian(fake), _gaussian(real)
    left, shared, right = np.linalg.svd(ours.factor @ theirs.factor.T, full_matrices=False)
    step = ours.mean - theirs.mean
    value = float((step**2).sum() + ours.variance + theirs.variance - 2 * shared.sum())
    influences = (
        _influence(features, gaussian, towards, vectors, shared)
        for features, gaussian, towards, vectors in (
            (fake, ours, step, left),
            (real, theirs, -step, right.T),
        )
    )
    return max(0.0, value), next(influences), next(influences)


def _influence(
    features: NDArray[Any], gaussian: _Gaussian, step: Floats, vectors: Floats, shared: Floats
) -> Floats:
    rows = np.asarray(features, dtype=np.float64) - gaussian.mean
    vectors = vectors if gaussian.basis is None else gaussian.basis @ vectors
    num = gaussian.num
    own = num / (num - 1) * (rows**2).sum(axis=1) - num * (vectors**2) @ shared
    return 2 * rows @ step + own - (gaussian.variance - shared.sum())
