"""How much of a training is over, and the learning rate that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from recyclegan.config import ImageConfig, TrainConfig
from recyclegan.errors import UserError


@dataclass(frozen=True)
class Budget:
    """The length of a training, in one of three units, over all sittings.

    Steps, seconds on the clock, or pictures of each domain: so many are in the epochs asked for,
    whatever a step takes.
    """

    unit: Literal["steps", "seconds", "pictures"]
    total: float

    def progress(self, *, steps: int, seconds: float, pictures: int) -> float:
        """Return the share that is over, in [0, 1], after so much of each."""
        done = {"steps": steps, "seconds": seconds, "pictures": pictures}[self.unit]
        return min(done / self.total, 1.0)

    def describe(self, pictures_a_step: int) -> str:
        """Return the length for people, in steps or minutes."""
        if self.unit == "seconds":
            return f"{self.total / 60:g} minutes"
        steps = self.total if self.unit == "steps" else ceil(self.total / pictures_a_step)
        return f"{steps:,} steps"


def budget_of(train: TrainConfig, num_per_epoch: int) -> Budget:
    """Return the budget that a configuration asks for; an epoch passes over the larger folder."""
    if train.minutes is not None:
        return Budget("seconds", train.minutes * 60)
    if train.steps is not None:
        return Budget("steps", train.steps)
    assert train.epochs is not None, "check_budget lets no configuration without a budget pass"
    return Budget("pictures", train.epochs * num_per_epoch)


def check_budget(train: TrainConfig) -> None:
    """Check that there is a budget; steps or minutes take the place of epochs.

    Raises:
        UserError: none of the three budgets is given, or steps and minutes are given together.
    """
    if train.steps is not None and train.minutes is not None:
        raise UserError("--train.steps and --train.minutes exclude each other; give one of them.")
    if train.steps is None and train.minutes is None and train.epochs is None:
        raise UserError("No budget; give --train.steps, --train.epochs or --train.minutes.")


def check_halving(images: ImageConfig) -> None:
    """Check that pictures which are to be halved are still large enough for the networks.

    Raises:
        UserError: they are not, or not a multiple of what generators halve.
    """
    if images.half_until and (images.size % 16 or images.size < 64):
        raise UserError(
            f"--images.half-until halves --images.size {images.size}; give a multiple of 16 from "
            "64 on, or leave it out."
        )


def rate_factor(progress: float, decay_from: float) -> float:
    """Return the learning rate as a share of its start: constant, then linear to zero.

    A closed form of progress in [0, 1], never negative (Zhu et al. 2017, appendix 7.1).
    """
    if progress <= decay_from:
        return 1.0
    return max(0.0, (1 - progress) / (1 - decay_from))
