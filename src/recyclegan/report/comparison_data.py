"""What the page's script draws from: the comparison in short, without what it does not show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from recyclegan.report.comparison_maps import make_maps
from recyclegan.report.comparison_pictures import GridColumn, Shown
from recyclegan.report.comparison_table import Column
from recyclegan.report.comparison_words import shown_name

FIGURES = 6
"""Numbers keep so many significant figures."""


def make_data(
    comparison: Mapping[str, Any], metrics: Sequence[Column], grid: Sequence[GridColumn]
) -> dict[str, Any]:
    """Return the script's data; sets are named by their place in `sets`."""
    sets = comparison["sets"]
    places = {entry["name"]: place for place, entry in enumerate(sets)}
    return {
        "sets": [{"name": shown_name(entry), "role": entry["role"]} for entry in sets],
        "metrics": [_metric(comparison, column, places) for column in metrics],
        "matrices": [
            {
                "title": matrix["title"],
                "labels": [_label(label, sets) for label in matrix["labels"]],
                "roles": [_role(label, sets) for label in matrix["labels"]],
                "values": [[_short(value) for value in row] for row in matrix["values"]],
                "of": comparison["maps"].get(name, {}).get("of", ""),
                "maps": make_maps(matrix, comparison["maps"].get(name)),
            }
            for name, matrix in comparison["matrices"].items()
        ],
        "pictures": [
            {
                "name": column.name,
                "source": _key(column.source),
                "truth": _key(column.truth),
                "sets": {places[name]: _key(shown) for name, shown in column.sets.items()},
            }
            for column in grid
        ],
    }


def script_json(data: Mapping[str, Any]) -> Markup:
    """Return strict JSON that may stand in a script element: no `<` that could end it."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _metric(
    comparison: Mapping[str, Any], column: Column, places: Mapping[str, int]
) -> dict[str, Any]:
    figures = comparison["figures"]
    return {
        "title": column.title,
        "note": column.note,
        "says": column.says,
        "digits": column.digits,
        "better": comparison["metrics"][column.name]["better"],
        "figures": [_figure(figures.get(name, {}).get(column.name)) for name in places],
        "differences": [
            [places[d["first"]], places[d["second"]], *_figure(d), d["verdict"]]
            for d in comparison["differences"].get(column.name, ())
            if d["value"] is not None
        ],
    }


def _figure(figure: Mapping[str, Any] | None) -> list[float | None]:
    """Return value, low and high."""
    if figure is None:
        return [None, None, None]
    low, high = figure["interval"] or (None, None)
    return [_short(figure["value"]), _short(low), _short(high)]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{FIGURES}g}")


def _label(label: str, sets: Sequence[Mapping[str, Any]]) -> str:
    return next((shown_name(entry) for entry in sets if entry["name"] == label), label)


def _role(label: str, sets: Sequence[Mapping[str, Any]]) -> str:
    """Return the role of a set; a matrix may also hold the truth, which is real."""
    return next((entry["role"] for entry in sets if entry["name"] == label), "real")


def _key(shown: Shown | None) -> str | None:
    return shown.key if shown else None
