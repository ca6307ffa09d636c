"""Do metrics rank sets as people do? Rank correlations, and how much chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from recyclegan.poll.resampling import LEVEL

Array = NDArray[np.float64]

NUM_ORDERS = 5040
"""Orders that chance is judged by: all there are up to seven sets, else as many drawn ones."""

SMALL_CHANCE = 0.05


@dataclass(frozen=True)
class Correlation:
    """How a metric's order of sets goes with people's: 1 the same, -1 the reverse."""

    spearman: float
    spearman_interval: tuple[float, float]
    kendall: float
    kendall_interval: tuple[float, float]
    chance: float
    """Share of unrelated orders whose Spearman correlation is at least as far from 0."""

    @property
    def verdict(self) -> Literal["agrees", "disagrees", "unclear"]:
        """Clear only where the interval leaves 0 out and unrelated orders seldom come as far."""
        low, high = self.spearman_interval
        if self.chance >= SMALL_CHANCE or low <= 0 <= high:
            return "unclear"
        return "agrees" if low > 0 else "disagrees"


def correlate(
    quality: Array, deviations: Array, strengths: Array, replicates: Array, *, seed: int = 0
) -> Correlation | None:
    """Return how a metric goes with people, None where either puts all sets level.

    The intervals hold both uncertainties: that of the votes, by their resamples, and the metric's
    own, by normal draws, each set's by itself.

    Args:
        quality: (S,) the metric, larger meaning better.
        deviations: (S,) its standard errors, 0 where they are not known.
        strengths: (S,) of the same sets, from the votes.
        replicates: (R, S) of the strengths.
        seed: of what is drawn.
    """
    if np.ptp(quality) == 0 or np.ptp(strengths) == 0:
        return None
    rng = np.random.default_rng(seed)
    drawn = quality + deviations * rng.standard_normal(replicates.shape)
    found = float(spearman(quality[None], strengths[None])[0])
    tau = float(kendall(quality[None], strengths[None])[0])
    by_chance = np.abs(spearman(quality[None], strengths[_orders(len(quality), rng)]))
    return Correlation(
        found,
        _interval(found, spearman(drawn, replicates)),
        tau,
        _interval(tau, kendall(drawn, replicates)),
        float((by_chance >= abs(found) - 1e-9).mean()),
    )


def spearman(first: Array, second: Array) -> Array:
    """Return Spearman's rank correlation of rows (R or 1, S) with rows (R, S); 0 for level rows."""
    one, other = (
        ranks - ranks.mean(1, keepdims=True)
        for ranks in (rankdata(rows, axis=1) for rows in (first, second))
    )
    return _ratio((one * other).sum(1), np.sqrt((one**2).sum(1) * (other**2).sum(1)))


def kendall(first: Array, second: Array) -> Array:
    """Return Kendall's tau-b of rows (R or 1, S) with rows (R, S); 0 for level rows."""
    i, j = np.triu_indices(second.shape[1], 1)
    one, other = (np.sign(rows[:, i] - rows[:, j]) for rows in (first, second))
    return _ratio((one * other).sum(1), np.sqrt((one**2).sum(1) * (other**2).sum(1)))


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _interval(value: float, replicates: Array) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return min(float(low), value), max(float(high), value)


def _orders(num_sets: int, rng: np.random.Generator) -> NDArray[np.intp]:
    if factorial(num_sets) <= NUM_ORDERS:
        return np.array(list(permutations(range(num_sets))))
    return rng.permuted(np.tile(np.arange(num_sets), (NUM_ORDERS, 1)), axis=1)
