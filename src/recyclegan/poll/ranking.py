"""Which sets are clearly preferred to which, and the ranks that this leaves open."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.poll.bradley_terry import sigmoid
from recyclegan.poll.preferences import Preferences
from recyclegan.poll.resampling import interval

Array = NDArray[np.float64]


def judge_pairs(votes: Preferences, strengths: Array, replicates: Array) -> list[dict[str, Any]]:
    """Return for every two sets their wins, how often the first wins, and whether that is clear.

    Args:
        votes: on S sets.
        strengths: (S,) of the sets.
        replicates: (R, S) of the strengths.
    """
    pairs = []
    for first, second in zip(*np.triu_indices(len(votes.sets), 1), strict=True):
        own = votes.credit[(votes.better == first) & (votes.worse == second)]
        difference = float(strengths[first] - strengths[second])
        low, high = interval(difference, replicates[:, first] - replicates[:, second])
        pairs.append(
            {
                "first": votes.sets[first],
                "second": votes.sets[second],
                "num_wins": int((own == 1).sum()),
                "num_ties": int((own == 0.5).sum()),
                "num_losses": int((own == 0).sum()),
                "probability": _probability(difference, low, high),
                "verdict": "first" if low > 0 else "second" if high < 0 else "unclear",
            }
        )
    return pairs


def _probability(difference: float, low: float, high: float) -> dict[str, Any]:
    """Return how often the first set wins, a tie counting half, from a difference of strengths."""
    value, bottom, top = (float(x) for x in sigmoid(np.array([difference, low, high])))
    return {"value": value, "interval": (bottom, top)}


def rank_sets(
    names: list[str],
    strengths: Array,
    replicates: Array,
    pairs: list[dict[str, Any]],
    reference: int,
) -> dict[str, Any]:
    """Return each set's strength, rank and how often it wins against the reference.

    A rank's range leaves out the places of sets that are clearly better or clearly worse.
    """
    clear = [pair for pair in pairs if pair["verdict"] != "unclear"]
    winners = Counter(pair[pair["verdict"]] for pair in clear)
    others = {"first": "second", "second": "first"}
    losers = Counter(pair[others[pair["verdict"]]] for pair in clear)
    result = {}
    for place, name in enumerate(names):
        difference = float(strengths[place] - strengths[reference])
        bounds = interval(difference, replicates[:, place] - replicates[:, reference])
        result[name] = {
            "strength": {
                "value": float(strengths[place]),
                "interval": interval(float(strengths[place]), replicates[:, place]),
            },
            "rank": int((strengths > strengths[place] + 1e-9).sum()) + 1,
            "rank_interval": (1 + losers[name], len(names) - winners[name]),
            "wins_against_reference": _probability(difference, *bounds),
        }
    return result
