"""Losses and gradients that are no longer numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from recyclegan.training.monitors.reading import Reading, worst

MAX_SKIPPED = 25
"""Non-finite gradients in a row. A loss scaler that starts at 2^16 needs 16 skipped steps to reach
1, so fewer are its ordinary search for a scale."""


class FiniteMonitor:
    """Looks for losses that are not finite, and for gradients that stay so."""

    def __init__(self) -> None:
        self.skipped: dict[str, int] = {}

    def read(self, scalars: Mapping[str, float]) -> list[Reading]:
        """Return one reading of a step's scalars."""
        broken = [
            name for name, value in scalars.items() if _is_loss(name) and not math.isfinite(value)
        ]
        for name, value in scalars.items():
            # A loss that is not finite spoils the gradient too; that says nothing about the scale.
            if name.startswith("gradient_norms/") and not broken:
                self.skipped[name] = 0 if math.isfinite(value) else self.skipped.get(name, 0) + 1
        if broken:
            return [_loss_reading(broken[0], scalars[broken[0]])]
        return worst([_gradient_reading(name, run) for name, run in self.skipped.items()])

    def state_dict(self) -> dict[str, int]:
        """Return the number of skipped steps in a row of each phase."""
        return dict(self.skipped)

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Take up what `state_dict` returned."""
        self.skipped = dict(state)


def _is_loss(name: str) -> bool:
    return name.startswith("losses/")


def _loss_reading(name: str, value: float) -> Reading:
    return Reading(
        "non-finite",
        math.inf,
        f"{name} is {value}: a number overflowed, or a picture of the batch was not finite. "
        "Lower the learning rate or train in fp32 (--train.precision fp32).",
        diverged=True,
    )


def _gradient_reading(name: str, run: int) -> Reading:
    return Reading(
        "non-finite",
        run / MAX_SKIPPED,
        f"{name} was not finite at {run} steps in a row, so nothing was learned at them. "
        "Lower the learning rate, clip the gradient or train in fp32 (--train.precision fp32).",
        diverged=True,
    )
