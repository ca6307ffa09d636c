"""Means over trainings, and differences of them, under chance in pictures and in seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from recyclegan.metrics.resampling import LEVEL, Figure, Floats, difference, draw_weights


@dataclass(frozen=True)
class SeedMean:
    """The mean of a figure over the trainings of a variant, with what is resampled of it.

    `figures` has one for each seed. `replicates` (R,) draws pictures and seeds, `of_pictures` (R,)
    pictures alone; rows of the same number draw the same pictures for all variants whose pictures
    have the same names, and seeds of each variant's own.
    """

    figures: tuple[Figure, ...]
    value: float
    replicates: Floats
    of_pictures: Floats
    num: int

    @property
    def num_seeds(self) -> int:
        """How many trainings there are."""
        return len(self.figures)

    @property
    def seed_variance(self) -> float:
        """The variance of the mean that is due to seeds; 0 where one seed cannot tell it."""
        if self.num_seeds < 2:
            return 0.0
        values = [figure.value for figure in self.figures if figure.value is not None]
        return float(np.var(values, ddof=1)) / self.num_seeds

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean."""
        if self.num_seeds == 1:
            return self.figures[0].interval
        return _interval(self.value, self.replicates, self.of_pictures, [self], self.num)


def mean_over_seeds(figures: Sequence[Figure], label: str) -> SeedMean | None:
    """Return the mean over trainings, None where no figure has a value with replicates.

    In each resample as many seeds are drawn as there are, with replacement, beside the pictures
    that the figures' replicates drew. A draw of S seeds spreads (S - 1) / S as far as it should, so
    the weights are stretched about 1 / S accordingly. `label` makes the draw the variant's own.
    """
    known = [f for f in figures if f.value is not None and f.replicates is not None]
    if not known:
        return None
    num = len(known)
    replicates = np.stack([f.replicates for f in known if f.replicates is not None])
    values = [f.value for f in known if f.value is not None]
    weights = np.full((replicates.shape[1], num), 1 / num)
    if num > 1:
        drawn = draw_weights([f"{label}, training {place}" for place in range(num)]) / num
        weights += math.sqrt(num / (num - 1)) * (drawn - weights)
    return SeedMean(
        tuple(known),
        float(np.mean(values)),
        np.einsum("rs,sr->r", weights, replicates),
        replicates.mean(axis=0),
        min(f.num for f in known),
    )


def subtract_means(ours: SeedMean, theirs: SeedMean) -> Figure:
    """Return ours minus theirs with its 95 % interval, paired by picture.

    Where both have one training it is `resampling.difference`, which knows of pictures alone.
    """
    if ours.num_seeds == theirs.num_seeds == 1:
        return difference(ours.figures[0], theirs.figures[0])
    num = min(ours.num, theirs.num)
    value = ours.value - theirs.value
    replicates = ours.replicates - theirs.replicates
    of_pictures = ours.of_pictures - theirs.of_pictures
    bounds = _interval(value, replicates, of_pictures, [ours, theirs], num)
    return Figure(value, replicates, num, bounds)


def _interval(
    value: float,
    replicates: Floats,
    of_pictures: Floats,
    means: Sequence[SeedMean],
    num: int,
) -> tuple[float, float] | None:
    """Return quantiles of replicates about their mean, put about the value, widened by Student's t.

    Its degrees of freedom are Satterthwaite's (1946) of the variances added: of the pictures, with
    num - 1, and of each variant's seeds, with one fewer than there are. Three seeds tell poorly how
    far a fourth would lie, and the interval says so.
    """
    finite = np.isfinite(replicates)
    if num < 2 or finite.sum() < 2:
        return None
    variances = [float(np.var(of_pictures[finite])) * num / (num - 1)]
    freedom = [num - 1]
    for mean in means:
        if mean.num_seeds > 1:
            variances.append(mean.seed_variance)
            freedom.append(mean.num_seeds - 1)
    total = sum(variances)
    tail = (1 - LEVEL) / 2
    widening = math.sqrt(num / (num - 1))
    if total > 0:
        shares = sum(v**2 / f for v, f in zip(variances, freedom, strict=True))
        widening *= float(stdtrit(total**2 / shares, tail) / ndtri(tail))
    ends = np.quantile(replicates[finite], [tail, 1 - tail]) - replicates[finite].mean()
    return value + widening * float(ends[0]), value + widening * float(ends[1])
