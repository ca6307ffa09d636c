"""Which pictures are shown of each set: fair samples, not the best ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.comparison.sets import ComparedSet
from recyclegan.evaluation.sets import PictureSet

PERCENTILES = (5, 25, 50, 75, 95)
GRID_ROWS = 8


def at_percentiles(
    one: ComparedSet, scores: NDArray[np.float64], source: PictureSet | None
) -> list[dict[str, Any]]:
    """Return the picture nearest to each percentile of scores (N,), in the order of names."""
    known = np.flatnonzero(np.isfinite(scores))
    ordered = known[np.argsort(scores[known], kind="stable")]
    samples = []
    for percentile in PERCENTILES if len(ordered) else ():
        row = int(ordered[round(percentile / 100 * (len(ordered) - 1))])
        name = one.pictures.names[row]
        samples.append(
            {
                "percentile": percentile,
                "name": name,
                "value": float(scores[row]),
                "path": _path(one.pictures, name),
                "source": _path(source, name),
            }
        )
    return samples


def grid_of(
    sets: Sequence[ComparedSet], references: Mapping[str, PictureSet]
) -> list[dict[str, Any]]:
    """Return names that the most sets have, evenly spaced in their order, with the pictures' paths.

    A path is None where there is no picture of that name.
    """
    having = Counter(name for one in sets for name in one.pictures.names)
    common = sorted(name for name, num in having.items() if num == max(having.values()))
    places = np.linspace(0, len(common) - 1, min(GRID_ROWS, len(common))).round().astype(int)
    return [
        {
            "name": common[place],
            "source": _path(references.get("source"), common[place]),
            "truth": _path(references.get("truth"), common[place]),
            "sets": {one.name: _path(one.pictures, common[place]) for one in sets},
        }
        for place in places
    ]


def _path(pictures: PictureSet | None, name: str) -> str | None:
    if pictures is None or name not in pictures.pictures:
        return None
    return str(pictures.pictures[name].path.absolute())
