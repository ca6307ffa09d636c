"""The health of a training: every monitor looks at every step, and each trouble is told once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recyclegan.training.monitors.cycle import CycleMonitor
from recyclegan.training.monitors.discriminator import DiscriminatorMonitor
from recyclegan.training.monitors.finite import FiniteMonitor
from recyclegan.training.monitors.gradient import GradientMonitor
from recyclegan.training.monitors.outputs import OutputMonitor
from recyclegan.training.monitors.reading import Monitor, Reading
from recyclegan.translators.phase import Pictures

RECOVERED = 0.8
"""Severity below which a trouble is over; under 1, so that one that hovers about its threshold is
not told again and again."""


@dataclass(frozen=True)
class Alarm:
    """A trouble to tell a person about; `diverged` says that training will not mend by itself."""

    kind: str
    sentence: str
    diverged: bool


class HealthMonitors:
    """All monitors of a training; what they cost and remember does not grow with its length."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, as befits a training that has gone back."""
        self.finite = FiniteMonitor()
        self.gradient = GradientMonitor()
        self.cycle = CycleMonitor()
        self.discriminator = DiscriminatorMonitor()
        self.outputs = OutputMonitor()
        self.told: dict[str, bool] = {}

    def observe(self, step: int, scalars: Mapping[str, float], pictures: Pictures) -> list[Alarm]:
        """Take in what a step measured and painted; return the troubles that are new."""
        readings = self.finite.read(scalars)
        # What is not finite would stay in every average, so the others never see such a step.
        if all(math.isfinite(reading.severity) for reading in readings):
            readings += self.gradient.read(scalars)
            readings += self.cycle.read(scalars)
            readings += self.discriminator.read(scalars)
            readings += self.outputs.read(pictures)
        return [
            Alarm(reading.kind, f"Step {step:,}: {reading.sentence}", reading.diverged)
            for reading in readings
            if self._is_news(reading)
        ]

    def _is_news(self, reading: Reading) -> bool:
        """Tell whether a trouble was not told yet, or only as a warning before it grew."""
        if reading.severity < RECOVERED:
            self.told.pop(reading.kind, None)
        told_as_diverged = self.told.get(reading.kind)
        if reading.severity < 1 or told_as_diverged in (True, reading.diverged):
            return False
        self.told[reading.kind] = reading.diverged
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return everything remembered, as tensors and plain values."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {**parts, "told": dict(self.told)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.told = dict(state["told"])

    def _parts(self) -> dict[str, Monitor]:
        return {
            "finite": self.finite,
            "gradient": self.gradient,
            "cycle": self.cycle,
            "discriminator": self.discriminator,
            "outputs": self.outputs,
        }
