"""A discriminator that has won, and teaches the generators nothing any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recyclegan.training.monitors.reading import Reading, worst

DECAY = 0.98
"""Of the averages: one step in which a few patches fooled it does not end a victory."""
ACCURACY = 0.98
"""Share of patches taken for what they are."""
LOSS = 0.02
"""Of a discriminator that is as sure as it is right: logits 0.14 from the targets of least squares,
or a probability of 0.99 of the log-BCE loss."""
MANY = 500
"""Steps in a row; many a healthy training begins with a shorter victory."""


@dataclass
class _Victory:
    """Averages of one discriminator, and the steps in a row that it has won."""

    accuracy: float = 0.5
    loss: float = 1.0
    steps: int = 0

    def add(self, accuracy: float, loss: float) -> None:
        self.accuracy += (1 - DECAY) * (accuracy - self.accuracy)
        self.loss += (1 - DECAY) * (loss - self.loss)
        won = self.accuracy > ACCURACY and self.loss < LOSS
        self.steps = self.steps + 1 if won else 0


class DiscriminatorMonitor:
    """Counts the steps for which a discriminator has been certain and right."""

    def __init__(self) -> None:
        self.victories: dict[str, _Victory] = {}

    def read(self, scalars: Mapping[str, float]) -> list[Reading]:
        """Return one reading of a step's scalars."""
        for domain in ("a", "b"):
            accuracy = scalars.get(f"measures/accuracy_{domain}")
            loss = scalars.get(f"losses/discriminator_{domain}")
            if accuracy is not None and loss is not None:
                self.victories.setdefault(domain, _Victory()).add(accuracy, loss)
        return worst([_reading(domain, victory) for domain, victory in self.victories.items()])

    def state_dict(self) -> dict[str, Any]:
        """Return averages and count of each discriminator."""
        return {domain: dict(vars(victory)) for domain, victory in self.victories.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.victories = {domain: _Victory(**victory) for domain, victory in state.items()}


def _reading(domain: str, victory: _Victory) -> Reading:
    return Reading(
        "discriminator",
        victory.steps / MANY,
        f"discriminator_{domain} was right about {victory.accuracy:.1%} of the patches, with a "
        f"loss of {victory.loss:.4f}, for {victory.steps} steps: the generators learn next to "
        "nothing from it. Lower its learning rate (--optimizer.lr-discriminator), or augment "
        "what it sees (--optimizer.diff-augment).",
        diverged=False,
    )
