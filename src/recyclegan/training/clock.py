"""Where the time of training steps goes: into computing, or into waiting for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

RECENT = 0.98
"""What the share of one step before counts in the recent share: about 50 steps are felt."""


class StepClock:
    """Seconds that the steps of a sitting waited for pictures and computed.

    Evaluating and saving count for neither. Where the device computes while the program goes on, as
    a GPU may, it may have had work while the program waited.
    """

    def __init__(self) -> None:
        self.waiting = self.computing = 0.0
        self._drained = (0.0, 0.0)
        self._recent = (0.0, 0.0)
        self._wait = self._began = 0.0

    @property
    def share(self) -> float:
        """Share of the sitting so far that went by waiting, in [0, 1]."""
        return _share(self.waiting, self.computing)

    @property
    def recent_share(self) -> float:
        """The same of the last steps."""
        return _share(*self._recent)

    def timed(self, batches: Iterator[T]) -> Iterator[T]:
        """Yield the batches; the time until each is there counts as waiting."""
        asked = perf_counter()
        for batch in batches:
            self._began = perf_counter()
            self._wait = self._began - asked
            yield batch
            asked = perf_counter()

    def computed(self) -> None:
        """Count the time since the last batch came as computing."""
        computing = perf_counter() - self._began
        self.waiting += self._wait
        self.computing += computing
        self._recent = (
            RECENT * self._recent[0] + self._wait,
            RECENT * self._recent[1] + computing,
        )

    def drain(self) -> dict[str, float]:
        """Return the seconds `waiting` and `computing` since the last call."""
        before, self._drained = self._drained, (self.waiting, self.computing)
        return {"waiting": self.waiting - before[0], "computing": self.computing - before[1]}


def _share(waiting: float, computing: float) -> float:
    return waiting / ((waiting + computing) or 1)
