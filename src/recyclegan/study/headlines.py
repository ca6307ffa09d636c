"""The few figures that speak for a set: likeness to the real, to the truth, to the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recyclegan.evaluation.registry import describe
from recyclegan.report.comparison_numbers import decimal
from recyclegan.report.comparison_words import headline_metrics


def headline_words(figures: Mapping[str, Any]) -> str:
    """Return "KID 0.04310, LPIPS 0.213" of the headline figures of a set."""
    words = []
    for name in headline_metrics({"metrics": figures}):
        metric = describe(name)
        title = metric.title.split(",")[0].removesuffix(" to truth")
        words.append(f"{title} {decimal(figures[name]['value'], metric.digits)}")
    return ", ".join(words)
