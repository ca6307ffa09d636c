"""The comparison as one HTML page that needs no other file and no network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_atomically
from recyclegan.report import charts, comparison_histograms, comparison_pictures
from recyclegan.report.assets import join_files, make_environment
from recyclegan.report.comparison_curves import draw_runs
from recyclegan.report.comparison_data import make_data, script_json
from recyclegan.report.comparison_pictures import Album, show_grid, show_percentiles
from recyclegan.report.comparison_table import cost_columns, make_rows, metric_columns
from recyclegan.report.comparison_words import list_limits, shown_name, sum_up
from recyclegan.report.series import MAX_POINTS

STYLES = (
    "base.css",
    "slider.css",
    "charts.css",
    "comparison.css",
    "comparison-table.css",
    "comparison-metric.css",
    "comparison-pictures.css",
    "comparison-map.css",
)
SCRIPTS = (
    "comparison.js",
    "slider.js",
    "comparison-sort.js",
    "comparison-metric.js",
    "comparison-pairs.js",
    "comparison-slider.js",
    "comparison-matrix.js",
    "comparison-space.js",
    "comparison-map.js",
    "comparison-turning.js",
)


def write_comparison_page(path: Path, comparison: Mapping[str, Any], comparison_dir: Path) -> None:
    """Write a comparison as one HTML file, replacing an earlier one at once.

    Args:
        path: the page.
        comparison: the content of comparison.json.
        comparison_dir: where relative paths of its pictures begin.
    """
    write_atomically(path, render_comparison(comparison, comparison_dir).encode("utf-8", "replace"))


def render_comparison(comparison: Mapping[str, Any], comparison_dir: Path) -> str:
    """Return the page's HTML, its style, scripts, pictures and figures inside it."""
    metrics, costs = metric_columns(comparison), cost_columns(comparison)
    samples, distributions = comparison["samples"], comparison["distributions"]
    album = Album(comparison_dir)
    grid = show_grid(samples["grid"], album, comparison_dir)
    return (
        make_environment()
        .get_template("comparison.html.jinja")
        .render(
            comparison=comparison,
            css=join_files(*STYLES),
            js=join_files(*SCRIPTS),
            data=script_json(make_data(comparison, metrics, grid)),
            findings=sum_up(comparison),
            limits=list_limits(comparison, list(comparison["metrics"])),
            names={entry["name"]: shown_name(entry) for entry in comparison["sets"]},
            places={entry["name"]: place for place, entry in enumerate(comparison["sets"])},
            metrics=metrics,
            costs=costs,
            rows=make_rows(comparison, metrics, costs),
            grid=grid,
            sliding=bool(grid and grid[0].source),
            percentiles=show_percentiles(samples["percentiles"], album),
            shown=comparison_pictures,
            histograms=comparison_histograms.draw_histograms(distributions, comparison["sets"]),
            histogram_marks=comparison_histograms.mark_axis(distributions) if distributions else [],
            histogram_box=comparison_histograms,
            measured=draw_runs(comparison["curves"], "evaluation"),
            losses=draw_runs(comparison["curves"], "train"),
            box=charts,
            max_points=MAX_POINTS,
        )
    )
