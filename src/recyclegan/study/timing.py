"""How long what is left of a study takes, by its budgets and by what was trained already."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import fmean

from recyclegan.study.plan import Plan
from recyclegan.study.processes import Child
from recyclegan.study.results import DONE, Results
from recyclegan.study.training import Training


def expected(training: Training, results: Results) -> float | None:
    """Return the seconds that a training takes, None where neither budget nor result tells it.

    Those of the same variant, data and budget tell it best, then any of the same data and budget.
    """
    if training.length.seconds is not None:
        return training.length.seconds
    alike = [
        line
        for line in results
        if line["state"] == DONE
        and (line["data"], line["budget"]) == (training.data, training.length.label)
    ]
    same = [line["seconds"] for line in alike if line["name"] == training.name]
    known = same or [line["seconds"] for line in alike]
    return fmean(known) if known else None


def time_left(
    plan: Plan, results: Results, todo: Sequence[Training], children: Sequence[Child]
) -> float | None:
    """Return about how many seconds are left, None where nobody can tell yet."""
    parts = [expected(training, results) for training in todo]
    for child in children:
        share = child.progress()
        whole = expected(child.training, results)
        if whole is None and share > 0:
            whole = (time.monotonic() - child.began) / share
        parts.append(None if whole is None else whole * (1 - share))
    beside = [line["seconds_beside"] for line in results if line["state"] == DONE]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return (sum(known) + len(parts) * (fmean(beside) if beside else 0.0)) / plan.jobs
