"""Means of what the steps measured since the last line of the log."""

from __future__ import annotations

import math
from collections.abc import Mapping


class Window:
    """Sums named values until they are drained; not every step brings every value."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(self, values: Mapping[str, float]) -> None:
        """Count one step's values in; one that is not finite would spoil the mean of all."""
        for name, value in values.items():
            if not math.isfinite(value):
                continue
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def drain(self) -> dict[str, float]:
        """Return the mean of each value and start again."""
        means = {name: total / self.counts[name] for name, total in self.sums.items()}
        self.sums, self.counts = {}, {}
        return means

    def state_dict(self) -> dict[str, dict[str, float]]:
        """Return sums and counts."""
        return {"sums": dict(self.sums), "counts": dict(self.counts)}

    def load_state_dict(self, state: Mapping[str, Mapping[str, float]]) -> None:
        """Take up sums and counts."""
        self.sums = dict(state["sums"])
        self.counts = {name: int(count) for name, count in state["counts"].items()}
