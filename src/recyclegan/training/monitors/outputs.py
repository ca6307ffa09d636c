"""Translations that no longer look like pictures of anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recyclegan.training.monitors.picture_window import NUM_PICTURES, Direction, PictureWindow
from recyclegan.training.monitors.reading import Reading, worst
from recyclegan.translators.phase import Pictures

INVERTED = -0.5
"""Correlation of detail below which a translation is a negative of its source. Translations
by three published day and night models lie above 0.2, untrained generators close to zero."""
MOST = 0.75
"""Share of the last translations that must be negatives."""
NUM_INVERTED = 20
"""Translations that are enough to tell a negative."""

COLLAPSED = 0.04
"""Variance between translations, as a share of that between real pictures (the smaller of source's
and target's); one fifth in standard deviation. A large generator still lay at 0.09 at step 100."""
UNIFORM = 1e-3
"""Variance between real pictures below which translations need not vary either."""

SATURATED = 0.1
"""Share of pixels at the ends of the range that is allowed beyond twice the real pictures'. A sound
training towards night passes through 0.03."""
LOST = 0.5
"""Such a share beyond the real pictures' that nothing is left of a translation: high learning rates
brought 0.8 to 1.0, sound starts at most 0.21."""
SETTLED = 300
"""Steps before a lesser share is told: a large generator that starts from N(0, 0.02) begins with a
fifth of its values at the ends of the range."""

FACTOR = 4.0
"""Brightness or contrast of translations beyond those of both domains, up or down."""

WARM_UP = 100
"""Steps in which the generators may still paint the same noise for every input."""

TINY = 1e-6
"""Keeps a ratio finite where every picture is black or the same."""


class OutputMonitor:
    """Compares the last translations with the real pictures that came beside them."""

    def __init__(self) -> None:
        self.window = PictureWindow()
        self.steps = 0

    def read(self, pictures: Pictures) -> list[Reading]:
        """Return a reading of each kind of trouble that can be told by now."""
        self.steps += 1
        self.window.add(pictures)
        judges: list[Callable[[Direction], Reading]] = []
        if len(self.window) >= NUM_INVERTED:
            judges += [_inversion]
        if len(self.window) == NUM_PICTURES and self.steps >= WARM_UP:
            judges += [_collapse, _saturation, _statistics]
        directions = self.window.directions
        readings = [worst([judge(d) for d in directions])[0] for judge in judges]
        settled = self.steps >= SETTLED
        return [r for r in readings if settled or r.diverged or r.kind != "saturation"]

    def state_dict(self) -> dict[str, Any]:
        """Return the window and the number of steps."""
        return {"window": self.window.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.window.load_state_dict(state["window"])
        self.steps = state["steps"]


def _inversion(direction: Direction) -> Reading:
    agreement = direction.agreement[-NUM_INVERTED:]
    most = sorted(agreement)[round(MOST * NUM_INVERTED) - 1]
    return Reading(
        "colour-inversion",
        most / INVERTED,
        f"{direction.name} paints negatives: over the last {NUM_INVERTED} pictures its detail "
        f"correlates with the source's at {sum(agreement) / NUM_INVERTED:.2f}, and training "
        "seldom undoes that. Start again with another --seed or a larger --losses.identity "
        "(--losses.nce).",
        diverged=False,
    )


def _collapse(direction: Direction) -> Reading:
    real = min(direction.source.variety, direction.target.variety)
    share = direction.fake.variety / max(real, TINY)
    severity = COLLAPSED / max(share, TINY) if real > UNIFORM else 0.0
    return Reading(
        "collapse",
        severity,
        f"{direction.name} gives nearly the same picture for every input: its last "
        f"{NUM_PICTURES} translations vary {share:.1%} as much as real pictures. Lower the "
        "learning rate, or go back to a checkpoint.",
        diverged=True,
    )


def _saturation(direction: Direction) -> Reading:
    fake = direction.fake.extreme
    real = max(direction.source.extreme, direction.target.extreme)
    return Reading(
        "saturation",
        fake / (2 * real + SATURATED),
        f"{direction.name} paints {fake:.1%} of its values at the ends of the range, real pictures "
        f"{real:.1%}: blobs and holes come so. Lower the learning rate, or raise "
        "--losses.cycle (--losses.nce).",
        diverged=fake > real + LOST,
    )


def _statistics(direction: Direction) -> Reading:
    return worst([_beyond(direction, name) for name in ("brightness", "contrast")])[0]


def _beyond(direction: Direction, measure: str) -> Reading:
    fake = getattr(direction.fake, measure)
    # The source's counts as well: a young generator still copies what it is given.
    low, high = sorted(getattr(look, measure) for look in (direction.source, direction.target))
    return Reading(
        "output-statistics",
        max(fake / max(high, TINY), low / max(fake, TINY)) / FACTOR,
        f"The {measure} of {direction.name} is {fake:.3f}, of real pictures {low:.3f} to "
        f"{high:.3f}: the generator no longer aims at its domain. Lower the learning rate.",
        diverged=False,
    )
