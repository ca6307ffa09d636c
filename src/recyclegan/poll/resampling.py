"""How sure strengths are: people and pictures drawn again, both at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from recyclegan.poll.bradley_terry import fit_strengths
from recyclegan.poll.preferences import Preferences

NUM_RESAMPLES = 1000
LEVEL = 0.95
CHUNK = 50
"""Resamples at a time, which bounds the memory for their weights."""

Array = NDArray[np.float64]


def resample_strengths(votes: Preferences, *, seed: int = 0, scaled: bool = True) -> Array:
    """Return strengths (R, S) as they might have come out, around those that did.

    A vote weighs how often its voter was drawn times how often its picture was (both with
    replacement; Owen 2007, "The pigeonhole bootstrap"). That counts the chance of a single vote
    up to three times, so the replicates are drawn together about their mean until their variance
    is the one of two-way clusters, V(people) + V(pictures) - V(votes), each by a resampling of its
    own and at least the larger of the first two (Cameron, Gelbach & Miller 2011, "Robust inference
    with multiway clustering"), and wider where there are few: by Student's t with the smaller of
    both numbers, less one, as degrees of freedom.

    Every set's wins and losses in a replicate get a random half vote more, as in Jeffreys' interval
    for a share: what was unanimous, or never asked, would come out the same every time otherwise.

    Args:
        votes: at least one.
        seed: of the draws.
        scaled: whether to draw them together; without, intervals are wider than they claim.
    """
    rng = np.random.default_rng(seed)
    centre = fit_strengths(votes.wins())
    num_people, num_pictures = (int(x.max()) + 1 for x in (votes.voters, votes.pictures))
    both, people, pictures, single = [], [], [], []
    for start in range(0, NUM_RESAMPLES, CHUNK):
        num = min(CHUNK, NUM_RESAMPLES - start)
        of_people = _draws(num_people, num, rng)[:, votes.voters]
        of_pictures = _draws(num_pictures, num, rng)[:, votes.pictures]
        halves = _half_votes(len(votes.sets), num, rng)
        both.append(fit_strengths(votes.wins(of_people * of_pictures) + halves))
        if scaled:
            of_votes = _draws(len(votes.credit), num, rng)
            people.append(fit_strengths(votes.wins(of_people) + halves))
            pictures.append(fit_strengths(votes.wins(of_pictures) + halves))
            single.append(fit_strengths(votes.wins(of_votes) + halves))
    replicates = np.concatenate(both)
    deviations = replicates - replicates.mean(0)
    if scaled:
        one = [
            _variance(np.concatenate(fits)) * num / max(num - 1, 1)
            for fits, num in ((people, num_people), (pictures, num_pictures))
        ]
        wanted = max(sum(one) - _variance(np.concatenate(single)), *one)
        found = _variance(replicates)
        few = t.ppf((1 + LEVEL) / 2, max(min(num_people, num_pictures) - 1, 1))
        if found > 0:
            deviations *= np.sqrt(wanted / found) * few / norm.ppf((1 + LEVEL) / 2)
    return centre + deviations


def interval(value: float, replicates: Array) -> tuple[float, float]:
    """Return the range that holds the middle 95 % of replicates (R,) centred on a value."""
    tail = (1 - LEVEL) / 2
    low, high = value + np.quantile(replicates - replicates.mean(), [tail, 1 - tail])
    return float(low), float(high)


def _draws(num: int, num_resamples: int, rng: np.random.Generator) -> Array:
    """Return how often each of `num` is drawn in `num` draws with replacement: (R, num)."""
    return rng.multinomial(num, np.full(num, 1 / num), num_resamples).astype(np.float64)


def _half_votes(num_sets: int, num_resamples: int, rng: np.random.Generator) -> Array:
    """Return random wins (R, S, S) that give each set half a win and half a loss on average."""
    halves = rng.gamma(0.5 / (num_sets - 1), size=(num_resamples, num_sets, num_sets))
    return halves * (1 - np.eye(num_sets))


def _variance(fits: Array) -> float:
    return float(fits.var(0).sum())
