"""Every metric of a comparison beside what people prefer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from recyclegan.errors import UserError
from recyclegan.poll.correlation import correlate
from recyclegan.poll.files import SetOfPictures
from recyclegan.poll.resampling import LEVEL

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
        figures = [_figure(comparison["figures"].get(label), name) for label in sets]
        places = [place for place, figure in enumerate(figures) if figure]
        if len(places) < MIN_SETS:
            reason = f"{len(places)} of the poll's sets have a value, and {MIN_SETS} are wanted"
            skipped.append({"metric": name, "reason": reason})
            continue
        better = about.get("better")
        quality, deviations = np.array([figures[place] for place in places], dtype=np.float64).T
        found = correlate(
            -quality if better == "lower" else quality,
            deviations,
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


def unlike_sets(comparison: dict[str, Any], sets: Mapping[str, SetOfPictures]) -> list[str]:
    """Return a sentence for each set that a comparison measured on other pictures than the poll.

    Args:
        comparison: what `recyclegan compare` wrote.
        sets: the poll's sets by name.
    """
    measured = {str(row.get("name")): row for row in comparison.get("sets", ())}
    return [
        f"{name}: the metrics were measured on other pictures ({measured[name].get('num')}) than "
        f"people were asked about ({asked.num})."
        for name, asked in sets.items()
        if name in measured and measured[name].get("digest") != asked.digest
    ]


def _figure(figures: Any, metric: str) -> tuple[float, float] | None:
    """Return a set's value of a metric and its standard error (0 where it has no interval)."""
    found = figures.get(metric) if isinstance(figures, dict) else None
    if not isinstance(found, dict) or not _is_figure(found):
        return None
    low, high = found.get("interval") or (0, 0)
    return float(found["value"]), float(high - low) / (2 * float(norm.ppf((1 + LEVEL) / 2)))


def _is_figure(found: dict[str, Any]) -> bool:
    numbers = [found.get("value"), *(found.get("interval") or ())]
    return len(numbers) in (1, 3) and all(
        isinstance(number, int | float) and np.isfinite(number) for number in numbers
    )
