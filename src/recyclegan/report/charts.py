"""Line charts as inline SVG: drawn in the page's own colours, so that dark mode needs no second."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from recyclegan.report.series import Curves

WIDTH, HEIGHT = 440, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 428, 12, 200
"""The box of the plot inside the drawing, in its own units."""


@dataclass(frozen=True)
class Line:
    """One curve as SVG: `colour` names a class of the style sheet."""

    label: str
    colour: str
    path: str
    last_x: float
    last_y: float
    last_value: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What the template needs to draw one chart, and to say it in words."""

    title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def draw_chart(curves: Curves, domains: tuple[str, str]) -> Chart:
    """Draw the two directions of one measure, named after their domains."""
    a, b = domains
    names = {"a2b": f"{a} → {b}", "b2a": f"{b} → {a}", "a": a, "b": b, "": curves.title}
    colours = {side: "b2a" if side in ("b2a", "b") else "a2b" for side in names}
    return draw_lines(curves, names, colours)


def draw_lines(curves: Curves, names: Mapping[str, str], colours: Mapping[str, str]) -> Chart:
    """Place curves in the plot's box; linear axes, steps from 0, values between round numbers.

    `names` and `colours` say for each series' side what the legend calls it and which class of
    the style sheet colours it.
    """
    points = [point for series in curves.series for point in series.points]
    steps, values = zip(*points, strict=True)
    x_high = max(*steps, 1)
    y_marks = round_marks(min(values), max(values))
    y_low, y_high = y_marks[0], y_marks[-1]

    def x_of(step: float) -> float:
        return round(LEFT + step / x_high * (RIGHT - LEFT), 1)

    def y_of(value: float) -> float:
        return round(BOTTOM - (value - y_low) / (y_high - y_low) * (BOTTOM - TOP), 1)

    lines = []
    for series in curves.series:
        corners = [f"{x_of(step)},{y_of(value)}" for step, value in series.points]
        last_step, last_value = series.points[-1]
        lines.append(
            Line(
                label=names[series.side],
                colour=colours[series.side],
                path="M" + " L".join(corners),
                last_x=x_of(last_step),
                last_y=y_of(last_value),
                last_value=f"{last_value:.3g}",
            )
        )
    x_marks = [mark for mark in round_marks(0, x_high) if mark <= x_high]
    return Chart(
        title=curves.title,
        lines=tuple(lines),
        x_ticks=tuple(Tick(x_of(mark), f"{mark:,.0f}") for mark in x_marks),
        y_ticks=tuple(Tick(y_of(mark), f"{mark:g}") for mark in y_marks),
    )


def round_marks(low: float, high: float, at_most: int = 5) -> list[float]:
    """Return evenly spaced round numbers whose first is <= low and whose last is >= high."""
    if high <= low:
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    rough = (high - low) / (at_most - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    spacing = next(m * magnitude for m in (1, 2, 2.5, 5, 10, 20) if m * magnitude >= rough)
    first, last = math.floor(low / spacing), math.ceil(high / spacing)
    return [float(f"{index * spacing:.12g}") for index in range(first, last + 1)]
