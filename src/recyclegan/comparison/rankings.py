"""Which of two sets is better by a metric, where that is clear and where they may be ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from recyclegan.comparison.protocol import are_unlike
from recyclegan.comparison.sets import ComparedSet
from recyclegan.evaluation.measuring import Measured, judge, subtract
from recyclegan.evaluation.record import figure_json
from recyclegan.evaluation.registry import Metric
from recyclegan.metrics.resampling import Figure, difference

SIDES = {"better": "first", "worse": "second", "unclear": "unclear"}
UNLIKE = "unlike"


def rank_pairs(
    sets: Sequence[ComparedSet], measured: Mapping[str, Measured], metric: Metric
) -> list[dict[str, Any]]:
    """Return the difference of every two sets, first minus second, with the verdict.

    Nothing is resampled again: a difference is that of the replicates that each set has.
    """
    pairs = []
    for first, second in combinations(sets, 2):
        gap = difference_of(measured[first.name], measured[second.name], metric.name)
        verdict = UNLIKE if are_unlike(first, second) else SIDES[judge(gap, metric)]
        names = {"first": first.name, "second": second.name}
        pairs.append({**names, **figure_json(gap), "verdict": verdict})
    return pairs


def difference_of(first: Measured, second: Measured, metric: str) -> Figure:
    """Return first minus second, from what is known of each wherever that is enough."""
    scores = [one.scores[metric] for one in (first, second) if metric in one.scores]
    if first.names == second.names and np.isfinite(scores).all():
        return difference(first.figures[metric], second.figures[metric])
    return subtract(first, second, metric)
