"""The record of an evaluation: strict JSON, the same bytes whenever it is made again."""

from __future__ import annotations

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


def per_picture_json(sets: Mapping[str, Measured], names: Sequence[str]) -> dict[str, Any]:
    """Return each picture's figures by set, in the order of `names`; null where there is none."""
    scores: dict[str, dict[str, list[float | None]]] = {}
    for label, measured in sets.items():
        rows = {name: row for row, name in enumerate(measured.names)}
        scores[label] = {
            metric: [_finite(values, rows.get(name)) for name in names]
            for metric, values in measured.scores.items()
        }
    return {"names": list(names), "scores": scores}


def left_out_json(files: Iterable[BadFile]) -> list[dict[str, str]]:
    """Return files that were left out, each reason once, by path."""
    entries = {(str(file.path), file.reason) for file in files}
    return [{"path": path, "reason": reason} for path, reason in sorted(entries)]


def _finite(values: NDArray[np.float64], row: int | None) -> float | None:
    if row is None or not np.isfinite(values[row]):
        return None
    return float(values[row])
