"""Gradients far above what they used to be."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from recyclegan.training.monitors.reading import Reading, worst

RATIO = 10.0
"""Times the usual norm that count as wild."""
MANY_WILD, RECENT = 10, 20
"""Wild norms among the last ones that make an alarm; single spikes are normal for GANs."""
WINDOW = 200
"""Norms of the running median: long against RECENT, so that an explosion is seen before the median
has grown with it, and short enough that a lasting harmless change becomes the new usual."""
WARM_UP = 50
"""Norms seen before any is judged."""


@dataclass
class _Norms:
    """The norms of one phase: the last ones, which of them were wild, and the first median."""

    last: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    wild: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    first_median: float | None = None

    @property
    def usual(self) -> float | None:
        """The norm to compare with: a discriminator that had won and wakes up again is healthy."""
        return None if self.first_median is None else max(self.first_median, median(self.last))

    def add(self, norm: float) -> None:
        usual = self.usual
        if usual is not None:
            self.wild.append(norm > RATIO * usual)
        self.last.append(norm)
        if usual is None and len(self.last) == WARM_UP:
            self.first_median = median(self.last)


class GradientMonitor:
    """Compares each phase's gradient norm with its own running median."""

    def __init__(self) -> None:
        self.phases: dict[str, _Norms] = {}

    def read(self, scalars: Mapping[str, float]) -> list[Reading]:
        """Return one reading of a step's scalars."""
        for name, norm in scalars.items():
            if name.startswith("gradient_norms/") and math.isfinite(norm):
                self.phases.setdefault(name, _Norms()).add(norm)
        return worst([_reading(name, norms) for name, norms in self.phases.items()])

    def state_dict(self) -> dict[str, Any]:
        """Return the last norms of each phase."""
        return {
            name: {
                "last": list(norms.last),
                "wild": list(norms.wild),
                "first_median": norms.first_median,
            }
            for name, norms in self.phases.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.phases = {
            name: _Norms(
                deque(norms["last"], WINDOW), deque(norms["wild"], RECENT), norms["first_median"]
            )
            for name, norms in state.items()
        }


def _reading(name: str, norms: _Norms) -> Reading:
    wild = sum(norms.wild)
    return Reading(
        "gradient",
        wild / MANY_WILD,
        f"{name} was over {RATIO:g} times its usual {norms.usual or 0:.3g} at {wild} of the last "
        f"{RECENT} steps: the weights are being torn away. Lower the learning rate, or clip the "
        "gradient (--optimizer.clip-gradient).",
        diverged=True,
    )
