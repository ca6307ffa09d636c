"""How far chance in the choice of pictures could move a figure: the bootstrap, drawn by name."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from recyclegan.errors import UserError

NUM_RESAMPLES = 1000
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A figure over pictures, its value in each resample of them, and the pictures behind it.

    `replicates` is (R,), NaN in a resample that left nothing to measure; `num` counts the pictures,
    in the smaller set where there are two. `bounds` holds an interval found without resampling.
    """

    value: float | None
    replicates: Floats | None
    num: int
    bounds: tuple[float, float] | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ends of the 95 % interval; None with fewer than two pictures or no replicates.

        The quantiles of the replicates about *their* mean, put about the value, so that what
        resampling adds to a biased figure does not shift its interval. They are widened by
        sqrt(n / (n - 1)) and by Student's t over the normal quantile, because a resample of few
        pictures understates the variance and hides how poorly it is known (Hesterberg 2015).
        """
        if self.bounds is not None:
            return self.bounds
        if self.value is None or self.replicates is None or self.num < 2:
            return None
        replicates = self.replicates[np.isfinite(self.replicates)]
        if len(replicates) < 2:
            return None
        tail = (1 - LEVEL) / 2
        widening = math.sqrt(self.num / (self.num - 1)) * (
            stdtrit(self.num - 1, tail) / ndtri(tail)
        )
        ends = np.quantile(replicates, [tail, 1 - tail]) - replicates.mean()
        low, high = self.value + widening * ends
        return float(low), float(high)


def draw_weights(names: Sequence[str], *, seed: int = 0) -> Floats:
    """Return how often each picture is drawn in each resample, (NUM_RESAMPLES, N), rows of sum N.

    It depends on the seed and on the set of names alone, with columns in the order given: two sets
    with the same names are resampled together, so that the difference of any figure between them
    has as replicates the differences of its replicates; sets with other names are independent.

    Raises:
        ValueError: A name comes twice.
    """
    positions, rng = _sorted_positions(names, seed)
    num = len(positions)
    drawn = np.empty((NUM_RESAMPLES, num))
    for row in drawn:
        row[positions] = np.bincount(rng.integers(max(num, 1), size=num), minlength=num)
    return drawn


def draw_order(names: Sequence[str], *, seed: int = 0) -> NDArray[np.intp]:
    """Return positions (N,) that put pictures in a random order, by their set of names and seed.

    Raises:
        ValueError: A name comes twice.
    """
    positions, rng = _sorted_positions(names, seed)
    return rng.permutation(positions)


def mean_figure(values: Sequence[float] | NDArray[Any], weights: Floats) -> Figure:
    """Return the mean of the finite values of (N,), which `num` counts, with weights (R, N)."""
    sample = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(sample)
    if not finite.any():
        return Figure(None, None, 0)
    sample, weights = sample[finite], weights[:, finite]
    return Figure(
        float(sample.mean()), divide(weights @ sample, weights.sum(axis=1)), int(finite.sum())
    )


def share_figure(hits: Sequence[bool] | NDArray[Any], weights: Floats) -> Figure:
    """Return the share of pictures that are hits, (N,) of truth values, with weights (R, N).

    Its interval is Wilson's (1927), which keeps a width at 0 and at 1, where resampling has none.
    """
    figure = mean_figure(np.asarray(hits, dtype=np.float64), weights)
    if figure.value is None:
        return figure
    square = ndtri((1 - LEVEL) / 2) ** 2
    share, num = figure.value, figure.num
    centre = (share + square / (2 * num)) / (1 + square / num)
    variance = share * (1 - share) / num + square / (4 * num**2)
    half = math.sqrt(square * variance) / (1 + square / num)
    bounds = (max(0.0, centre - half), min(1.0, centre + half))
    return Figure(share, figure.replicates, num, bounds)


def difference(ours: Figure, theirs: Figure) -> Figure:
    """Return ours minus theirs, paired as far as their pictures have the same names.

    Two shares are joined by their Wilson intervals and the correlation of their replicates
    (Newcombe 1998, the paired case); all else by the replicates' differences.
    """
    num = min(ours.num, theirs.num)
    if ours.value is None or theirs.value is None:
        return Figure(None, None, num)
    value = ours.value - theirs.value
    if ours.replicates is None or theirs.replicates is None:
        return Figure(value, None, num)
    replicates = ours.replicates - theirs.replicates
    return Figure(value, replicates, num, _joined_bounds(ours, theirs, value, replicates))


def linear_figure(
    value: float, influences: Sequence[Floats], weights: Sequence[Floats | None]
) -> Figure:
    """Return a figure of some sets whose replicates are linear in how often a picture is drawn.

    A picture's influence is the figure's derivative along more of that picture and less of all,
    (N,) for each set, with weights (R, N); without weights there are no replicates. One evaluation
    stands for a thousand, and no resample holds copies, which would bias a distance between sets
    (the infinitesimal jackknife: Efron and Tibshirani 1993, section 20.4 and 21).
    """
    num = min(len(influence) for influence in influences)
    drawn = [counts for counts in weights if counts is not None]
    if len(drawn) < len(influences):
        return Figure(float(value), None, num)
    moves = [
        (counts @ influence - influence.sum()) / len(influence)
        for counts, influence in zip(drawn, influences, strict=True)
    ]
    return Figure(float(value), value + np.sum(moves, axis=0), num)


def require_two(num: int) -> None:
    """Refuse a set with fewer than two pictures, which has no spread.

    Raises:
        UserError: It has fewer.
    """
    if num < 2:
        raise UserError(
            f"a distance between sets of pictures needs at least 2 in each, and one has {num}: "
            "give a folder with more pictures."
        )


def divide(numerators: Floats, denominators: Floats) -> Floats:
    """Return the quotients (R,), NaN where the denominator is 0: such a resample holds nothing."""
    quotients = np.full(len(numerators), np.nan)
    return np.divide(numerators, denominators, out=quotients, where=denominators != 0)


def _joined_bounds(
    ours: Figure, theirs: Figure, value: float, replicates: Floats
) -> tuple[float, float] | None:
    if ours.bounds is None or theirs.bounds is None:
        return None
    assert ours.value is not None and theirs.value is not None
    assert ours.replicates is not None and theirs.replicates is not None
    spreads = [np.nanstd(drawn) for drawn in (ours.replicates, theirs.replicates, replicates)]
    product = spreads[0] * spreads[1]
    together = (spreads[0] ** 2 + spreads[1] ** 2 - spreads[2] ** 2) / 2
    correlation = float(together / product) if product > 0 else 0.0

    def joined(first: float, second: float) -> float:
        return math.sqrt(max(0.0, first**2 + second**2 - 2 * correlation * first * second))

    low = joined(ours.value - ours.bounds[0], theirs.bounds[1] - theirs.value)
    high = joined(ours.bounds[1] - ours.value, theirs.value - theirs.bounds[0])
    return value - low, value + high


def _sorted_positions(
    names: Sequence[str], seed: int
) -> tuple[NDArray[np.intp], np.random.Generator]:
    """Return where the names stand in their sorted order, and a generator of their own."""
    ordered = sorted(names)
    if len(set(ordered)) < len(ordered):
        raise ValueError("a name comes twice in a set of pictures")
    digest = hashlib.sha256("\0".join(ordered).encode("utf-8", "surrogateescape")).digest()
    positions = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
    return positions, np.random.default_rng([seed, int.from_bytes(digest)])
