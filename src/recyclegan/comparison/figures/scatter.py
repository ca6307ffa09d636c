"""Maps: sets as points, in two dimensions and in three, none of their names over another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from recyclegan.comparison.figures.labels import place_labels
from recyclegan.comparison.figures.style import FAINT, Look, drawing, looks_of, shorten

MANY = 20
"""More sets than these have numbers on the map, and their names beside it."""

Array = NDArray[np.float64]


def draw_map(comparison: Mapping[str, Any], matrix: str, kind: str, path: Path) -> None:
    """Draw one map of a matrix: `mds2`, `mds3`, `tsne2` or `tsne3`."""
    maps = comparison["maps"][matrix]
    points = np.array(maps[kind]["points"], np.float64)
    everyone = looks_of(comparison["sets"])
    looks = [everyone[label] for label in maps["labels"]]
    names = shorten(maps["labels"], 28 if len(looks) <= MANY else 44)
    numbers = [f"{number}" for number in range(1, len(names) + 1)]
    many = len(names) > MANY
    with drawing(path, 12.5 if many else 6.2, 9.0 if many else 5.6) as figure:
        draw = _flat if kind.endswith("2") else _deep
        axes, flat = draw(figure, points, looks)
        title = comparison["matrices"][matrix]["title"]
        axes.set_title(f"{title}\n{_about(maps, kind)}", fontsize=9, loc="left")
        if many:
            _list_names(
                figure, axes, [f"{n}  {name}" for n, name in zip(numbers, names, strict=True)]
            )
        figure.draw_without_rendering()
        # From here on points stay where they are: names must not move them.
        figure.set_layout_engine("none")
        place_labels(axes, flat(), numbers if many else names)


def _list_names(figure: Figure, axes: Any, names: list[str]) -> None:
    figure.legend(
        axes.collections,
        names,
        loc="outside right upper",
        frameon=False,
        fontsize=7,
        markerscale=0.7,
        labelspacing=0.35,
    )


def _about(maps: Mapping[str, Any], kind: str) -> str:
    if kind.startswith("mds"):
        return f"Multidimensional scaling, stress {maps[kind]['stress']:.3f}"
    return f"t-SNE, perplexity {maps[kind]['perplexity']:.2g}: near stays near, far means little"


def _flat(figure: Figure, points: Array, looks: list[Look]) -> tuple[Any, Any]:
    axes: Any = figure.add_subplot()
    for point, look in zip(points, looks, strict=True):
        axes.scatter(*point, s=look.area, c=look.colour, marker=look.marker)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.18)
    axes.grid()
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=7)
    return axes, lambda: axes.transData.transform(points)


def _deep(figure: Figure, points: Array, looks: list[Look]) -> tuple[Any, Any]:
    axes: Any = figure.add_subplot(projection="3d")
    whole = float(np.ptp(points, axis=0).max()) or 1.0
    floor = points[:, 2].min() - 0.15 * whole
    for (x, y, z), look in zip(points, looks, strict=True):
        axes.plot([x, x], [y, y], [floor, z], color=FAINT, lw=0.9)
        axes.scatter(x, y, z, s=look.area, c=look.colour, marker=look.marker, depthshade=False)
    # One scale for all three axes, or distances on the map would not be those of the sets.
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    limits = [(m - 0.55 * whole, m + 0.55 * whole) for m in middle[:2]]
    limits.append((floor, points[:, 2].max() + 0.1 * whole))
    axes.set(xlim=limits[0], ylim=limits[1], zlim=limits[2])
    axes.set_box_aspect([high - low for low, high in limits], zoom=1.1)
    axes.view_init(elev=24, azim=-58)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_ticklabels([])

    def flat() -> Array:
        seen = np.column_stack([points, np.ones(len(points))]) @ axes.get_proj().T
        pixels: Array = axes.transData.transform(seen[:, :2] / seen[:, 3:])
        return pixels

    return axes, flat
