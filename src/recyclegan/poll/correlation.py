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
    quality: Array, strengths: Array, replicates: Array, *, seed: int = 0
) -> Correlation | None:
    """Return how a metric goes with people, None where either puts all sets level.

    Args:
        quality: (S,) the metric, larger meaning better.
        strengths: (S,) of the same sets, from the votes.
        replicates: (R, S) of the strengths; the metric's own values are held fixed.
        seed: of the orders drawn.
    """
    if np.ptp(quality) == 0 or np.ptp(strengths) == 0:
        return None
    found = float(spearman(quality, strengths[None])[0])
    tau = float(kendall(quality, strengths[None])[0])
    orders = _orders(len(quality), seed)
    by_chance = np.abs(spearman(quality, strengths[orders]))
    return Correlation(
        found,
        _interval(found, spearman(quality, replicates)),
        tau,
        _interval(tau, kendall(quality, replicates)),
        float((by_chance >= abs(found) - 1e-9).mean()),
    )


def spearman(quality: Array, rows: Array) -> Array:
    """Return Spearman's rank correlation of (S,) with each row of (R, S); 0 for a level row."""
    ranks = rankdata(rows, axis=1)
    ranks = ranks - ranks.mean(1, keepdims=True)
    own = rankdata(quality) - (len(quality) + 1) / 2
    return _ratio(ranks @ own, np.sqrt((ranks**2).sum(1) * (own**2).sum()))


def kendall(quality: Array, rows: Array) -> Array:
    """Return Kendall's tau-b of (S,) with each row of (R, S); 0 for a level row."""
    first, second = np.triu_indices(len(quality), 1)
    own = np.sign(quality[first] - quality[second])
    signs = np.sign(rows[:, first] - rows[:, second])
    return _ratio(signs @ own, np.sqrt((signs**2).sum(1) * (own**2).sum()))


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _interval(value: float, replicates: Array) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return min(float(low), value), max(float(high), value)


def _orders(num_sets: int, seed: int) -> NDArray[np.intp]:
    if factorial(num_sets) <= NUM_ORDERS:
        return np.array(list(permutations(range(num_sets))))
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(num_sets), (NUM_ORDERS, 1)), axis=1)
