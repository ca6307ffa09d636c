"""A study as one HTML page: for each data set, budget and direction a table and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_atomically
from recyclegan.report.assets import join_files, make_environment
from recyclegan.report.comparison_numbers import amount, decimal, duration, span
from recyclegan.report.comparison_pictures import Album
from recyclegan.report.figures import ROW_NAMES, Whisker, whiskers

STYLES = ("base.css", "study.css")
VERDICTS = {
    "better": "clearly better",
    "worse": "clearly worse",
    "unclear": "not clearly different",
}
MAX_SIDE = 256
"""Pixels that a picture is shown at, at most: there are many."""


@dataclass(frozen=True)
class Cell:
    """A figure in a table: its value and interval, and how far it is from the reference's."""

    value: str
    interval: str
    mark: str = ""
    """"best", or "level" where it is not clearly behind the best."""
    gap: str = ""
    gap_interval: str = ""
    verdict: str = ""
    whisker: Whisker | None = None


@dataclass(frozen=True)
class Row:
    """A variant, or what costs nothing, with a cell for each metric."""

    name: str
    role: str
    note: str
    costs: tuple[str, ...]
    cells: tuple[Cell | None, ...]
    is_reference: bool


def write_study_page(path: Path, summary: Mapping[str, Any], study_dir: Path) -> None:
    """Write a study's summary as one HTML file; paths of pictures are told from `study_dir` on."""
    write_atomically(path, render_study(summary, study_dir).encode("utf-8", "replace"))


def render_study(summary: Mapping[str, Any], study_dir: Path) -> str:
    """Return the page's HTML, with its style and pictures inside it."""
    return (
        make_environment()
        .get_template("study.html.jinja")
        .render(
            summary=summary,
            css=join_files(*STYLES),
            rows=[make_rows(table) for table in summary["tables"]],
            columns=[column_order(table) for table in summary["tables"]],
            strips=[_strip(table, Album(study_dir)) for table in summary["tables"]],
            verdicts=VERDICTS,
        )
    )


def column_order(table: Mapping[str, Any]) -> list[str]:
    """Return the metrics of a table, those that speak for a set first."""
    return list(dict.fromkeys((*table["headlines"], *table["metrics"])))


def make_rows(table: Mapping[str, Any]) -> list[Row]:
    """Return a table's rows, the reference marked."""
    columns = column_order(table)
    placed = {name: _place(table, name) for name in columns}
    return [
        Row(
            name=ROW_NAMES[row["name"]][0] if row["role"] == "baseline" else row["name"],
            role=row["role"],
            note=_note(row),
            costs=_costs(row),
            cells=tuple(_cell(table, row, name, placed[name].get(row["name"])) for name in columns),
            is_reference=row["name"] == table["reference"],
        )
        for row in table["rows"]
    ]


def _note(row: Mapping[str, Any]) -> str:
    if row["role"] == "baseline":
        return ROW_NAMES[row["name"]][1]
    parts = [] if row["variant"] == row["name"] else [row["variant"]]
    own = [f"{name} {value}" for name, value in row["set"].items() if name not in SHARED]
    num = len(row["seeds"])
    return ", ".join([*parts, *own, f"{num} training{'s' if num > 1 else ''}"])


SHARED = ("images.size",)
"""What a file usually sets for all, and no name needs to tell."""


def _costs(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["role"] == "baseline":
        return ("", "", "")
    return (
        amount(row["generator_parameters"]),
        f"{row['steps']:,.0f}",
        duration(row["seconds_a_step"]),
    )


def _cell(
    table: Mapping[str, Any], row: Mapping[str, Any], metric: str, whisker: Whisker | None
) -> Cell | None:
    figure = row["figures"].get(metric)
    if figure is None:
        return None
    digits = table["metrics"][metric]["digits"]
    gap = row["differences"].get(metric, {"value": None, "interval": None, "verdict": ""})
    has_better = table["metrics"][metric]["better"] is not None
    return Cell(
        value=decimal(figure["value"], digits),
        interval=span(figure["interval"], digits),
        mark=_mark(table["best"].get(metric), row["name"]),
        gap="" if gap["value"] is None else decimal(gap["value"], digits, signed=True),
        gap_interval=span(gap["interval"], digits),
        verdict=gap["verdict"] if has_better else "",
        whisker=whisker,
    )


def _mark(best: Mapping[str, Any] | None, name: str) -> str:
    if best is None:
        return ""
    if name == best["name"]:
        return "level" if best["level"] else "best"
    return "level" if name in best["level"] else ""


def _place(table: Mapping[str, Any], metric: str) -> dict[str, Whisker]:
    """Return a metric's differences from the reference by row, on one axis."""
    rows = {row["name"]: row["differences"] for row in table["rows"]}
    return whiskers({name: gaps for name, gaps in rows.items() if metric in gaps}, metric)


def _strip(table: Mapping[str, Any], album: Album) -> list[tuple[str, list[Any]]]:
    """Return rows of pictures by their headings: the source, each variant, the truth."""
    chosen = table["samples"]

    def show(path: str | None) -> Any:
        return album.show(path, MAX_SIDE)

    variants = list(chosen[0]["variants"]) if chosen else []
    strips = [("source", [show(one["source"]) for one in chosen])]
    strips += [(name, [show(one["variants"][name]) for one in chosen]) for name in variants]
    if any(one["truth"] for one in chosen):
        strips.append(("truth", [show(one["truth"]) for one in chosen]))
    return strips
