"""What a monitor says after each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Reading:
    """How bad one kind of trouble is, and how to say it.

    `severity` is 1 where the monitor's threshold lies and grows with the trouble; `sentence` says
    what was seen, what it usually means and what to do; `diverged` that training has gone wrong
    beyond recovery by itself.
    """

    kind: str
    severity: float
    sentence: str
    diverged: bool


class Monitor(Protocol):
    """Watches for one kind of trouble; its state is tensors and plain values."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything remembered."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""


def worst(readings: list[Reading]) -> list[Reading]:
    """Return the gravest of several readings of one kind, or none of none.

    A divergence goes before any warning, however loud, since only it makes a run act.
    """

    def gravity(reading: Reading) -> tuple[bool, float]:
        return reading.diverged and reading.severity >= 1, reading.severity

    return [max(readings, key=gravity)] if readings else []
