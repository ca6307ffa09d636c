"""Training curves of several runs in one chart a measure, a line a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from recyclegan.report.charts import Chart, draw_lines
from recyclegan.report.series import Curves, Series, gather_curves

NUM_COLOURS = 8
"""Colours of the style sheet; further runs take them again, dashed."""

SIDES = {"a2b": "a to b", "b2a": "b to a"}


def draw_runs(curves: Mapping[str, Sequence[Mapping[str, Any]]], kind: str) -> list[Chart]:
    """Return a chart for each measure and direction in events of one kind.

    Args:
        curves: the events of each run.
        kind: `evaluation` for what was measured on held-out pictures, `train` for the losses.
    """
    together: dict[tuple[str, str], list[Series]] = {}
    for name, events in curves.items():
        for measure in gather_curves([e for e in events if e.get("event") == kind]):
            for series in measure.series:
                lines = together.setdefault((measure.title, series.side), [])
                lines.append(replace(series, side=name))
    names = {name: name for name in curves}
    colours = {name: _colour(place) for place, name in enumerate(curves)}
    return [
        draw_lines(Curves(_title(title, side), tuple(lines)), names, colours)
        for (title, side), lines in together.items()
    ]


def _title(title: str, side: str) -> str:
    return f"{title}, {SIDES.get(side, side)}" if side else title


def _colour(place: int) -> str:
    return f"run-{place % NUM_COLOURS}" + (" again" if place >= NUM_COLOURS else "")
