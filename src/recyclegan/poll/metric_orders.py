"""Every metric of a comparison beside what people prefer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.errors import UserError
from recyclegan.poll.correlation import correlate

MIN_SETS = 3
"""Two sets are one question; their order says nothing of a correlation."""

Array = NDArray[np.float64]


def read_comparison(path: Path) -> dict[str, Any]:
    """Return a comparison's content.

    Raises:
        UserError: the file is missing or is no comparison.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(
            f"--metrics {path} cannot be read ({(error.strerror or str(error)).lower()}): name "
            "the comparison.json that `recyclegan compare` wrote."
        ) from None
    except (ValueError, RecursionError):
        content = None
    match content:
        case {"kind": "comparison", "version": 1, "metrics": dict(), "figures": dict()}:
            return content
    raise UserError(f"--metrics {path} is no comparison.json of `recyclegan compare`.")


def metric_orders(
    comparison: dict[str, Any],
    sets: Sequence[str],
    strengths: Array,
    replicates: Array,
    *,
    seed: int = 0,
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return the correlation of each metric with people's strengths, and the metrics left out.

    Args:
        comparison: what `recyclegan compare` wrote; sets are matched by name.
        sets: the poll's S sets.
        strengths: (S,) of the sets.
        replicates: (R, S) of the strengths.
        seed: of the orders that chance is judged by.
    """
    results: dict[str, Any] = {}
    skipped = []
    for name, about in comparison["metrics"].items():
        values = {label: _value(comparison["figures"].get(label), name) for label in sets}
        places = [place for place, label in enumerate(sets) if values[label] is not None]
        if len(places) < MIN_SETS:
            reason = f"{len(places)} of the poll's sets have a value, and {MIN_SETS} are wanted"
            skipped.append({"metric": name, "reason": reason})
            continue
        better = about.get("better")
        quality = np.array([values[sets[place]] for place in places], dtype=np.float64)
        found = correlate(
            -quality if better == "lower" else quality,
            strengths[places],
            replicates[:, places],
            seed=seed,
        )
        if found is None:
            skipped.append({"metric": name, "reason": "all sets are level, so there is no order"})
            continue
        results[name] = {
            "title": str(about.get("title", name)),
            "better": better,
            "num_sets": len(places),
            "spearman": {"value": found.spearman, "interval": found.spearman_interval},
            "kendall": {"value": found.kendall, "interval": found.kendall_interval},
            "chance": found.chance,
            "verdict": found.verdict,
        }
    return results, skipped


def _value(figures: Any, metric: str) -> float | None:
    found = figures.get(metric) if isinstance(figures, dict) else None
    value = found.get("value") if isinstance(found, dict) else None
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None
