"""Which questions each voter is asked: balanced over pairs of sets, pictures and sides."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BASE = 1000.0
"""More than any count that the choice of the next question weighs, as digits of one number."""


def draw_ballots(
    num_pairs: int, num_pictures: int, num_asked: int, num_ballots: int, rng: np.random.Generator
) -> list[list[int]]:
    """Return ballots of distinct questions, where question `pair * num_pictures + picture`.

    Each next question is of the pair that its ballot has least of, then that all ballots have
    least of, then of the picture that its ballot has least of, then the one asked least; what is
    still equal is drawn. So pairs differ by at most one within each ballot and over all of them.
    """
    asked_pairs = np.zeros(num_pairs)
    asked_questions = np.zeros((num_pairs, num_pictures))
    ballots = []
    for _ in range(num_ballots):
        own_pairs = np.zeros(num_pairs)
        own_pictures = np.zeros(num_pictures)
        taken = np.zeros((num_pairs, num_pictures))
        ballot = []
        for _ in range(num_asked):
            by_pair = (own_pairs * BASE + asked_pairs)[:, None]
            order = (by_pair * BASE + own_pictures) * BASE + asked_questions
            order += rng.random(order.shape) / 2
            order[taken > 0] = np.inf
            pair, picture = np.unravel_index(np.argmin(order), order.shape)
            own_pairs[pair] += 1
            asked_pairs[pair] += 1
            own_pictures[picture] += 1
            asked_questions[pair, picture] += 1
            taken[pair, picture] = 1
            ballot.append(int(pair) * num_pictures + int(picture))
        ballots.append(ballot)
    return ballots


def arrange(
    asked: list[int], checks: list[int], rng: np.random.Generator
) -> tuple[tuple[int, bool], ...]:
    """Return a ballot's questions in order, each with whether its two pictures swap places.

    The order is drawn; one check falls at random into each equal stretch of the ballot, and half
    of all questions swap sides.
    """
    order = [int(place) for place in rng.permutation(asked)]
    edges = np.linspace(0, len(order), len(checks) + 1)
    places = [rng.uniform(low, high) for low, high in pairwise(edges)]
    for place, check in sorted(zip(places, rng.permutation(checks), strict=True), reverse=True):
        order.insert(round(place), int(check))
    return tuple(zip(order, map(bool, half(len(order), rng)), strict=True))


def half(num: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return `num` truth values in drawn order, half of them true; of an odd one the coin tells."""
    return rng.permutation(np.arange(num) + rng.integers(2)) % 2 == 1
