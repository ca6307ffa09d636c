"""The health of a training: every monitor looks at every step, and each trouble is said once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recyclegan.training.monitors.cycle import CycleMonitor
from recyclegan.training.monitors.discriminator import DiscriminatorMonitor
from recyclegan.training.monitors.finite import FiniteMonitor
from recyclegan.training.monitors.gradient import GradientMonitor
from recyclegan.training.monitors.outputs import read_outputs
from recyclegan.training.monitors.picture_window import PictureWindow
from recyclegan.training.monitors.reading import Reading
from recyclegan.translators.phase import Pictures

RECOVERED = 0.8
"""Severity below which a trouble is over. It lies under 1 so that one that hovers about its
threshold is not told again and again."""


@dataclass(frozen=True)
class Alarm:
    """A trouble to tell a person about; `diverged` asks for going back or stopping."""

    kind: str
    sentence: str
    diverged: bool


class HealthMonitors:
    """All monitors of a training; their cost does not grow with its length."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after a rollback."""
        self.finite = FiniteMonitor()
        self.parts = {
            "gradient": GradientMonitor(),
            "cycle": CycleMonitor(),
            "discriminator": DiscriminatorMonitor(),
        }
        self.window = PictureWindow()
        self.told: set[str] = set()

    def observe(self, step: int, scalars: Mapping[str, float], pictures: Pictures) -> list[Alarm]:
        """Take in what a step measured and made; return the troubles that are new."""
        readings = self.finite.read(scalars)
        # Numbers that are not finite would stay in every average.
        if not any(reading.severity == float("inf") for reading in readings):
            for monitor in self.parts.values():
                readings += monitor.read(scalars)
            self.window.add(pictures)
            readings += read_outputs(self.window)
        return [
            Alarm(reading.kind, f"Step {step:,}: {reading.sentence}", reading.diverged)
            for reading in self._news(readings)
        ]
