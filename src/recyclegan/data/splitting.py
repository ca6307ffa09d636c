"""A split into training and test pictures that keeps near-duplicates on one side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.near_duplicates import NEAR, near_duplicate_groups


@dataclass(frozen=True)
class Split:
    """The two sides of a folder, each in the order of the folder."""

    train: tuple[Path, ...]
    test: tuple[Path, ...]


def split_folders(
    folders: Sequence[tuple[Path, Sequence[Path]]],
    *,
    seed: int,
    test_fraction: float,
    likeness: float = NEAR,
) -> tuple[Split, ...]:
    """Split each folder, given as its path and its pictures, keeping near-duplicates on one side.

    Near-duplicates, pictures linked by `likeness`, may span the folders. Otherwise as
    `split_groups`.
    """
    groups = near_duplicate_groups(
        [path for _, paths in folders for path in paths], likeness=likeness
    )
    return split_groups(folders, groups, seed=seed, test_fraction=test_fraction)


def split_groups(
    folders: Sequence[tuple[Path, Sequence[Path]]],
    groups: Sequence[int] | NDArray[np.int64],
    *,
    seed: int,
    test_fraction: float,
) -> tuple[Split, ...]:
    """Split each folder about as `test_fraction` says, each group on one side as a whole.

    `groups` are numbers from 0, one for each picture of all folders in their order. The seed and
    the names below the folders choose which go where, so the split does not depend on the place on
    disk. At least one picture of each folder stays for training, and one is held out where two
    groups allow it.
    """
    pictures = [(side, path) for side, (_, paths) in enumerate(folders) for path in paths]
    names = [f"{side} {path.relative_to(folders[side][0]).as_posix()}" for side, path in pictures]
    num_groups = max(map(int, groups), default=-1) + 1
    counts = np.zeros((num_groups, len(folders)), np.int64)
    first_name = [""] * num_groups
    for group, (side, _), name in zip(groups, pictures, names, strict=True):
        counts[group, side] += 1
        first_name[group] = min(first_name[group] or name, name)
    order = sorted(range(num_groups), key=lambda group: _draw(seed, first_name[group]))
    held_out = _choose(counts, order, test_fraction)

    def side_of(side: int, test: bool) -> tuple[Path, ...]:
        members = zip(groups, pictures, strict=True)
        return tuple(p for group, (s, p) in members if s == side and (group in held_out) == test)

    return tuple(Split(side_of(side, False), side_of(side, True)) for side in range(len(folders)))


def _choose(counts: np.ndarray, order: Sequence[int], test_fraction: float) -> set[int]:
    """Return the groups to hold out, from `counts` of pictures (groups, folders)."""
    totals = counts.sum(0)
    wanted = np.clip(np.round(totals * test_fraction), test_fraction > 0, np.maximum(totals - 1, 0))
    taken = np.zeros_like(totals)
    chosen: set[int] = set()
    for group in order:
        if (taken + counts[group] <= wanted).all():
            taken += counts[group]
            chosen.add(group)
    # Groups larger than the share wanted: rather too many test pictures than none.
    for side in np.flatnonzero((taken == 0) & (wanted > 0)):
        for group in sorted(order, key=lambda group: counts[group].sum()):
            if counts[group, side] and (taken + counts[group] < totals).all():
                taken += counts[group]
                chosen.add(group)
                break
    return chosen


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).digest()
