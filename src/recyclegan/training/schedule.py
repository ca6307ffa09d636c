"""How much of a training is over, and the learning rate that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from recyclegan.config import Config, TrainConfig
from recyclegan.errors import UserError


@dataclass(frozen=True)
class Budget:
    """The length of a training: a number of steps, or seconds on the clock over all sittings."""

    steps: int | None
    seconds: float | None

    def progress(self, step: int, elapsed: float) -> float:
        """Return the share that is over after `step` steps and `elapsed` seconds, in [0, 1]."""
        done = step / self.steps if self.steps else elapsed / (self.seconds or 1.0)
        return min(done, 1.0)

    def __str__(self) -> str:
        if self.steps:
            return f"{self.steps:,} steps"
        return f"{(self.seconds or 0) / 60:g} minutes"


def budget_of(config: Config, num_per_epoch: int) -> Budget:
    """Return the budget that a configuration asks for; an epoch passes over the larger folder."""
    train = config.train
    if train.minutes is not None:
        return Budget(None, train.minutes * 60)
    if train.steps is not None:
        return Budget(train.steps, None)
    assert train.epochs is not None, "check_budget lets no configuration without a budget pass"
    return Budget(ceil(train.epochs * num_per_epoch / config.optimizer.batch), None)


def check_budget(train: TrainConfig) -> None:
    """Check that there is a budget; steps or minutes take the place of epochs.

    Raises:
        UserError: none of the three budgets is given, or steps and minutes are given together.
    """
    if train.steps is not None and train.minutes is not None:
        raise UserError("--train.steps and --train.minutes exclude each other; give one of them.")
    if train.steps is None and train.minutes is None and train.epochs is None:
        raise UserError("No budget; give --train.steps, --train.epochs or --train.minutes.")


def rate_factor(progress: float, decay_from: float) -> float:
    """Return the learning rate as a share of its start: constant, then linear to zero.

    A closed form of progress in [0, 1], never negative (Zhu et al. 2017, appendix 7.1).
    """
    if progress <= decay_from:
        return 1.0
    return max(0.0, (1 - progress) / (1 - decay_from))
