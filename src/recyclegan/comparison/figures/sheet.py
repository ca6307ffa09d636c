"""All figures of a comparison, each as a PNG of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from recyclegan.comparison.figures.bars import draw_bars
from recyclegan.comparison.figures.heatmaps import draw_matrix
from recyclegan.comparison.figures.histograms import draw_histograms
from recyclegan.comparison.figures.pictures import draw_grid, draw_percentiles
from recyclegan.comparison.figures.scatter import draw_map

KINDS = ("mds2", "mds3", "tsne2", "tsne3")


def draw_figures(
    comparison: Mapping[str, Any],
    folder: Path,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Draw whatever a comparison has figures for into a folder; return the files."""
    figures: dict[str, Callable[[Path], None]] = {}
    for metric in comparison["metrics"]:
        rows = (row.get(metric) for name, row in comparison["figures"].items() if name != "real")
        if any(row and row["value"] is not None for row in rows):
            figures[f"bars-{metric}"] = partial(draw_bars, comparison, metric)
    for name, matrix in comparison["matrices"].items():
        figures[f"matrix-{name}"] = partial(draw_matrix, matrix)
    for name in comparison["maps"]:
        for kind in KINDS:
            figures[f"map-{name}-{kind}"] = partial(draw_map, comparison, name, kind)
    samples = comparison["samples"]
    if comparison["distributions"]:
        figures["histograms"] = partial(draw_histograms, comparison)
    if samples["grid"]:
        figures["grid"] = partial(draw_grid, comparison)
    if any(samples["percentiles"].values()):
        figures["percentiles"] = partial(draw_percentiles, comparison)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for done, (name, draw) in enumerate(figures.items(), 1):
        files.append(folder / f"{name}.png")
        draw(files[-1])
        on_progress(done, len(figures))
    return files
