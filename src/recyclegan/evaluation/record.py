"""The record of an evaluation: strict JSON, the same bytes whenever it is made again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.manifest import BadFile
from recyclegan.evaluation.measuring import Measured, judge, subtract
from recyclegan.evaluation.registry import Metric
from recyclegan.metrics.resampling import Figure

KIND, VERSION = "evaluation", 1


def figure_json(figure: Figure, scores: NDArray[np.float64] | None = None) -> dict[str, Any]:
    """Return value, interval and number of pictures; of `scores` also how many are infinite."""
    interval = figure.interval
    entry: dict[str, Any] = {
        "value": figure.value,
        "interval": None if interval is None else list(interval),
        "num": figure.num,
    }
    if scores is not None:
        entry["num_infinite"] = int(np.isinf(scores).sum())
    return entry


def figures_json(measured: Measured) -> dict[str, dict[str, Any]]:
    """Return all figures of a set by their names."""
    return {
        name: figure_json(figure, measured.scores.get(name))
        for name, figure in measured.figures.items()
    }


def differences_json(
    ours: Measured, theirs: Measured, metrics: Sequence[Metric]
) -> dict[str, dict[str, Any]]:
    """Return ours minus theirs by metric, with the verdict."""
    found = {}
    for metric in metrics:
        if metric.name in ours.figures and metric.name in theirs.figures:
            gap = subtract(ours, theirs, metric.name)
            found[metric.name] = figure_json(gap) | {"verdict": judge(gap, metric)}
    return found


def per_picture_json(sets: Mapping[str, Measured]) -> dict[str, Any]:
    """Return each picture's figures by set, null where there is none; of pictures with any."""
    rows = {label: _by_name(measured) for label, measured in sets.items()}
    names = sorted({name for table in rows.values() for name in table})
    return {
        "names": names,
        "scores": {
            label: {
                metric: [_finite(rows[label].get(name, {}).get(metric)) for name in names]
                for metric in measured.scores
            }
            for label, measured in sets.items()
        },
    }


def _by_name(measured: Measured) -> dict[str, dict[str, float]]:
    """Return {picture: {metric: figure}} of those pictures that have a figure."""
    tables = (
        {metric: float(values[row]) for metric, values in measured.scores.items()}
        for row in range(len(measured.names))
    )
    return {
        name: table
        for name, table in zip(measured.names, tables, strict=True)
        if any(not math.isnan(value) for value in table.values())
    }


def left_out_json(files: Iterable[BadFile]) -> list[dict[str, str]]:
    """Return files that were left out, each reason once, by path."""
    entries = {(str(file.path), file.reason) for file in files}
    return [{"path": path, "reason": reason} for path, reason in sorted(entries)]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
