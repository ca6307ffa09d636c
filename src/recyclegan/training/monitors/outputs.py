"""Translations that no longer look like pictures of anything."""

from __future__ import annotations

from collections.abc import Callable

from recyclegan.training.monitors.picture_window import NUM_PICTURES, Direction, Look, PictureWindow
from recyclegan.training.monitors.reading import Reading, worst

INVERTED = -0.5
"""Correlation of detail below which a translation is a negative of its source. Published day and
night translators lie above 0.3, untrained generators within 0.1 of zero."""
MOST = 0.75
"""Share of the last translations that must be negatives."""
NUM_INVERTED = 20
"""Translations that are enough to tell a negative."""

COLLAPSED = 0.02
"""Variance between translations, as a share of that between real pictures (the smaller of source's
and target's)."""

SATURATED = 0.02
"""Share of pixels at the ends of the range that is allowed beyond twice the real pictures'."""

FACTOR = 4.0
"""Brightness or contrast of translations beyond those of both domains, up or down."""

WARM_UP = 100
"""Steps in which the generators may still paint the same noise for every input."""

TINY = 1e-6
"""Keeps a ratio finite where every picture is black or the same."""


def read_outputs(window: PictureWindow) -> list[Reading]:
    """Return a reading of each kind of trouble that the last translations show."""
    judged = [_inversion] if NUM_INVERTED <= len(window) else []
    if window.steps >= WARM_UP and len(window) == NUM_PICTURES:
        judged += [_collapse, _saturation, _statistics]
    directions = window.directions
    return [reading for judge in judged for reading in worst([judge(d) for d in directions])]


def _inversion(direction: Direction) -> Reading:
    agreement = direction.agreement[-NUM_INVERTED:]
    least = float(agreement.quantile(MOST))
    return Reading(
        "colour-inversion",
        least / INVERTED,
        f"{direction.name} paints negatives: over the last {NUM_INVERTED} pictures its detail "
        f"correlates with the source's at {float(agreement.mean()):.2f}, and training seldom "
        "undoes that. Start again with another --seed or a larger --losses.identity.",
        diverged=False,
    )


def _collapse(direction: Direction) -> Reading:
    fake = _variety(direction.fake)
    real = min(_variety(direction.source), _variety(direction.target))
    share = fake / max(real, TINY)
    return Reading(
        "collapse",
        COLLAPSED / max(share, TINY),
        f"{direction.name} gives nearly the same picture for every input: its last "
        f"{NUM_PICTURES} translations vary {share:.1%} as much as real pictures. Lower the "
        "learning rate, or go back to a checkpoint.",
        diverged=True,
    )


def _saturation(direction: Direction) -> Reading:
    fake = float(direction.fake.extreme.mean())
    real = max(float(look.extreme.mean()) for look in (direction.source, direction.target))
    return Reading(
        "saturation",
        fake / (2 * real + SATURATED),
        f"{direction.name} paints {fake:.1%} of its values at the ends of the range, real pictures "
        f"{real:.1%}: blobs and holes come so. Lower the learning rate, or raise --losses.cycle.",
        diverged=False,
    )


def _statistics(direction: Direction) -> Reading:
    return max(
        (_beyond(name, measure, direction) for name, measure in MEASURES.items()),
        key=lambda reading: reading.severity,
    )


def _beyond(name: str, measure: Callable[[Look], float], direction: Direction) -> Reading:
    fake = measure(direction.fake)
    # The source's counts as well: a young generator still copies what it is given.
    low, high = sorted((measure(direction.source), measure(direction.target)))
    return Reading(
        "output-statistics",
        max(fake / max(high, TINY), low / max(fake, TINY)) / FACTOR,
        f"The {name} of {direction.name} is {fake:.3f}, of real pictures {low:.3f} to {high:.3f}: "
        "the generator no longer aims at its domain. Lower the learning rate.",
        diverged=False,
    )


def _brightness(look: Look) -> float:
    """Return the mean brightness in [0, 1]."""
    return float((look.brightness.mean() + 1) / 2)


def _contrast(look: Look) -> float:
    """Return the standard deviation of all values, within and between pictures."""
    return float((look.power.mean() - look.brightness.mean().square()).clamp(min=0).sqrt())


MEASURES = {"brightness": _brightness, "contrast": _contrast}


def _variety(look: Look) -> float:
    """Return the variance of a pixel between pictures, averaged over the pixels of thumbnails."""
    return float(look.thumbnails.var(dim=0).mean())
