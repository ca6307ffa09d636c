"""The table of all sets by all metrics and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recyclegan.errors import UserError
from recyclegan.evaluation.registry import describe
from recyclegan.report.comparison_numbers import amount, decimal, duration, span
from recyclegan.report.comparison_standing import stand
from recyclegan.report.comparison_words import shown_name
from recyclegan.report.figures import ROW_NAMES

COSTS = {
    "parameters": ("Parameters", amount),
    "multiply_adds": ("Multiply-adds a picture", amount),
    "seconds_per_image": ("Time a picture", duration),
}
ARROWS = {"higher": "higher is better", "lower": "lower is better", None: "neither way is better"}


@dataclass(frozen=True)
class Column:
    """A metric or a cost: `says` is a sentence, `digits` how many decimals are printed."""

    name: str
    title: str
    note: str
    digits: int = 0
    says: str = ""


@dataclass(frozen=True)
class Cell:
    """A figure as it is printed and as it is sorted."""

    text: str
    note: str = ""
    value: float | None = None
    is_best: bool = False


@dataclass(frozen=True)
class Row:
    """A set with its figures."""

    name: str
    note: str
    role: str
    num: int
    is_flagged: bool
    cells: tuple[Cell, ...]


def metric_columns(comparison: Mapping[str, Any]) -> list[Column]:
    """Return the metrics in the order of the record."""
    columns = []
    for name, metric in comparison["metrics"].items():
        try:
            known = describe(name)
            digits, says = known.digits, known.says
        except UserError:  # A record of a later version may hold metrics not known here.
            digits, says = 3, ""
        notes = (metric["unit"], ARROWS[metric["better"]])
        note = ", ".join(note for note in notes if note)
        columns.append(Column(name, metric["title"], note, digits, says))
    return columns


def cost_columns(comparison: Mapping[str, Any]) -> list[Column]:
    """Return the costs that are known of at least one set."""
    known = {
        name
        for entry in comparison["sets"]
        for name in COSTS
        if (entry["cost"] or {}).get(name) is not None
    }
    return [Column(name, title, "") for name, (title, _) in COSTS.items() if name in known]


def make_rows(
    comparison: Mapping[str, Any], metrics: list[Column], costs: list[Column]
) -> list[Row]:
    """Return a row for each set; a figure is marked best only where it is clearly so."""
    standings = {column.name: stand(comparison, column.name) for column in metrics}
    winners = {name: standing.winner for name, standing in standings.items() if standing}
    rows = []
    for entry in comparison["sets"]:
        name, figures = entry["name"], comparison["figures"].get(entry["name"], {})
        cells = [
            _figure(figures.get(column.name), column, winners.get(column.name) == name)
            for column in metrics
        ]
        cells += [_cost(entry["cost"] or {}, column.name) for column in costs]
        notes = {"real": "one half against the other", "baseline": ROW_NAMES.get(name, ("", ""))[1]}
        note = notes.get(entry["role"], "")
        rows.append(
            Row(
                name=shown_name(entry),
                note=note,
                role=entry["role"],
                num=entry["num"],
                is_flagged=bool(entry["flags"]),
                cells=tuple(cells),
            )
        )
    return rows


def _figure(figure: Mapping[str, Any] | None, column: Column, is_best: bool) -> Cell:
    if figure is None or figure["value"] is None:
        return Cell("–")
    value = figure["value"]
    text = decimal(value, column.digits)
    return Cell(text, span(figure["interval"], column.digits), value, is_best)


def _cost(cost: Mapping[str, Any], name: str) -> Cell:
    return Cell(COSTS[name][1](cost.get(name)), value=cost.get(name))
