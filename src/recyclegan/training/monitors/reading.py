"""What a monitor says after each step."""

from __future__ import annotations

from dataclasses import dataclass


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


def worst(readings: list[Reading]) -> list[Reading]:
    """Return the gravest of several readings of one kind, or none of none."""
    return [max(readings, key=lambda reading: reading.severity)] if readings else []
