"""A table of a study in sentences: what is clear beside the reference, and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recyclegan.report.comparison_numbers import decimal, list_names, span

WORDS = {"better": "clearly better", "worse": "clearly worse", "unclear": "not clearly different"}


def state_findings(table: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each headline figure; no difference is claimed that is not clear."""
    return [
        f"{table['metrics'][name]['title']}: {words}."
        for name in table["headlines"]
        if (words := "; ".join(_beside_reference(table, name) + _best(table, name)))
    ]


def _beside_reference(table: Mapping[str, Any], metric: str) -> list[str]:
    """Return a clause for each verdict, with differences where one is clear."""
    reference, digits = table["reference"], table["metrics"][metric]["digits"]
    groups: dict[str, list[str]] = {verdict: [] for verdict in WORDS}
    for row in table["rows"]:
        gap = row["differences"].get(metric)
        if gap and row["role"] == "variant":
            by = decimal(gap["value"], digits, signed=True)
            ends = f" ({by}, {span(gap['interval'], digits)})" if gap["interval"] else ""
            shown = ends if gap["verdict"] != "unclear" else ""
            groups[gap["verdict"]].append(f"{row['name']}{shown}")
    return [
        f"{WORDS[verdict]} {'from' if verdict == 'unclear' else 'than'} {reference}: "
        f"{list_names(names)}"
        for verdict, names in groups.items()
        if names
    ]


def _best(table: Mapping[str, Any], metric: str) -> list[str]:
    best = table["best"].get(metric)
    if not best:
        return []
    rows = {row["name"]: row for row in table["rows"]}
    digits = table["metrics"][metric]["digits"]
    value = decimal(rows[best["name"]]["figures"][metric]["value"], digits)
    level = best["level"]
    words = (
        f"clearly ahead of all others: {best['name']} ({value})"
        if not level
        else f"the best figure is that of {best['name']} ({value}), not clearly ahead of "
        f"{list_names(level)}"
    )
    return [words, *_beside_free(table, metric, best["name"])]


def _beside_free(table: Mapping[str, Any], metric: str, best: str) -> list[str]:
    """Say it where what learns nothing has as good a figure as the best that learnt."""
    better = table["metrics"][metric]["better"]
    rows = {row["name"]: row["figures"].get(metric) for row in table["rows"]}
    ours = rows[best]["value"]
    ahead = [
        row["name"].replace("_", " ")
        for row in table["rows"]
        if row["role"] == "baseline"
        and rows[row["name"]]
        and (
            rows[row["name"]]["value"] <= ours
            if better == "lower"
            else rows[row["name"]]["value"] >= ours
        )
    ]
    return (
        [f"no variant's figure is as good as that of {list_names(ahead)}, which learns nothing"]
        if ahead
        else []
    )
