"""How far people agree with one another beyond chance."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recyclegan.poll.preferences import Preferences

Level = Literal["nominal", "interval"]


def krippendorff_alpha(
    units: NDArray[np.intp], values: NDArray[np.float64], level: Level = "interval"
) -> float | None:
    """Return Krippendorff's alpha: 1 for perfect agreement, 0 for chance, None where undefined.

    Args:
        units: (N,) what each value is about; units with one value alone do not count.
        values: (N,) what a person said of it.
        level: whether two values differ as such (nominal) or by their squared distance (interval).

    Source: Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section D.
    """
    kinds, kind = np.unique(values, return_inverse=True)
    counts = np.zeros((int(units.max(initial=-1)) + 1, len(kinds)))
    np.add.at(counts, (units, kind), 1)
    counts = counts[counts.sum(1) > 1]
    pairable = counts.sum(1)[:, None, None]
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(kinds))
    coincidences = (pairs / (pairable - 1)).sum(0)
    distance = kinds[:, None] - kinds[None, :]
    difference = distance**2 if level == "interval" else (distance != 0).astype(np.float64)
    totals = coincidences.sum(1)
    expected = float((np.outer(totals, totals) * difference).sum())
    if expected == 0:
        return None
    return float(1 - (totals.sum() - 1) * (coincidences * difference).sum() / expected)


def agreement(votes: Preferences) -> tuple[float | None, int]:
    """Return alpha of a loss (0), a tie (0.5) or a win (1), and on how many shared questions."""
    keys = np.stack([votes.pictures, votes.better, votes.worse], axis=1)
    _, units, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    return krippendorff_alpha(units.reshape(-1), votes.credit), int((counts > 1).sum())
