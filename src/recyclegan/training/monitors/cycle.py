"""Pictures that stop coming back from the other domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recyclegan.training.monitors.reading import Reading, worst

DECAY = 0.98
"""Of the average: it follows a lasting change within 50 steps and hides single hard pictures."""
RISE = 1.5
"""Times the best average. Adversarial training moves it up and down by less than that."""
LARGE = 0.3
"""Mean error, of at most 2, below which no rise matters: a generator that starts at the identity
begins with nearly none and must let it rise."""
WARM_UP = 20
"""Steps before an average may be the best; one over fewer is the luck of easy pictures."""


@dataclass
class _Average:
    """The average of one term without bias towards its start, and its best."""

    total: float = 0.0
    weight: float = 0.0
    steps: int = 0
    best: float | None = None

    @property
    def value(self) -> float:
        return self.total / self.weight

    def add(self, value: float) -> None:
        self.total = DECAY * self.total + (1 - DECAY) * value
        self.weight = DECAY * self.weight + (1 - DECAY)
        self.steps += 1
        if self.steps >= WARM_UP and (self.best is None or self.value < self.best):
            self.best = self.value


class CycleMonitor:
    """Compares the average cycle error of each domain with the best that it was."""

    def __init__(self) -> None:
        self.averages: dict[str, _Average] = {}

    def read(self, scalars: Mapping[str, float]) -> list[Reading]:
        """Return one reading of a step's scalars."""
        for name, value in scalars.items():
            if name.startswith("losses/cycle_"):
                self.averages.setdefault(name, _Average()).add(value)
        return worst([_reading(name, average) for name, average in self.averages.items()])

    def state_dict(self) -> dict[str, Any]:
        """Return average and best of each term."""
        return {name: dict(vars(average)) for name, average in self.averages.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.averages = {name: _Average(**average) for name, average in state.items()}


def _reading(name: str, average: _Average) -> Reading:
    best = average.value if average.best is None else average.best
    severity = min(average.value / max(RISE * best, 1e-9), average.value / LARGE)
    return Reading(
        "cycle",
        severity,
        f"{name} has risen to {average.value:.3f} from {best:.3f} at its best: the generators are "
        "losing what they had learned. Lower the learning rate, or go back to a checkpoint.",
        diverged=True,
    )
