"""Which sets are clearly better than which, by the verdicts on their differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Standing:
    """How the sets stand by one metric: the best figure, and who is clearly behind it.

    `level` are not clearly behind, `apart` were measured under another protocol and are not
    ranked.
    """

    best: str
    level: tuple[str, ...]
    behind: tuple[str, ...]
    apart: tuple[str, ...]

    @property
    def winner(self) -> str | None:
        """The set that is clearly better than every other one, where there is one."""
        return self.best if self.behind and not (self.level or self.apart) else None


def verdicts_of(comparison: Mapping[str, Any], metric: str) -> dict[tuple[str, str], str]:
    """Return for each ordered pair whether its first set is "better", "worse" or neither."""
    turned = {"first": ("better", "worse"), "second": ("worse", "better")}
    verdicts = {}
    for entry in comparison["differences"].get(metric, ()):
        pair = entry["first"], entry["second"]
        verdict = entry["verdict"]
        verdicts[pair], verdicts[pair[::-1]] = turned.get(verdict, (verdict, verdict))
    return verdicts


def stand(comparison: Mapping[str, Any], metric: str) -> Standing | None:
    """Return how the sets stand by a metric, or None where it ranks nothing."""
    better = comparison["metrics"][metric]["better"]
    values = {
        entry["name"]: comparison["figures"].get(entry["name"], {}).get(metric, {}).get("value")
        for entry in comparison["sets"]
        if entry["role"] == "set"
    }
    known = {name: value for name, value in values.items() if value is not None}
    if better is None or len(known) < 2:
        return None
    verdicts = verdicts_of(comparison, metric)

    def num_unlike(name: str) -> int:
        return sum(verdicts.get((name, other)) == "unlike" for other in known)

    apart = tuple(name for name in known if 2 * num_unlike(name) >= len(known))
    ranked = [name for name in known if name not in apart]
    if len(ranked) < 2:
        return None
    best = sorted(ranked, key=lambda name: known[name], reverse=better == "higher")[0]
    others = {name: verdicts.get((best, name)) for name in ranked if name != best}
    return Standing(
        best=best,
        level=tuple(name for name, v in others.items() if v not in ("better", "unlike")),
        behind=tuple(name for name, v in others.items() if v == "better"),
        apart=apart + tuple(name for name, v in others.items() if v == "unlike"),
    )
