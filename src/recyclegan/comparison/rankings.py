"""Which of two sets is better by a metric, where that is clear and where they may be ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from recyclegan.comparison.protocol import are_unlike
from recyclegan.comparison.sets import ComparedSet
from recyclegan.evaluation.measuring import Measured, judge, subtract
from recyclegan.evaluation.record import figure_json
from recyclegan.evaluation.registry import Metric

SIDES = {"better": "first", "worse": "second", "unclear": "unclear"}
UNLIKE = "unlike"


def rank_pairs(
    sets: Sequence[ComparedSet], measured: Mapping[str, Measured], metric: Metric
) -> list[dict[str, Any]]:
    """Return the difference of every two sets, first minus second, with the verdict.

    No network is asked again: the differences are those of the replicates that each set has.
    """
    pairs = []
    for first, second in combinations(sets, 2):
        gap = subtract(measured[first.name], measured[second.name], metric.name)
        verdict = UNLIKE if are_unlike(first, second) else SIDES[judge(gap, metric)]
        names = {"first": first.name, "second": second.name}
        pairs.append({**names, **figure_json(gap), "verdict": verdict})
    return pairs
