"""Where the pictures that were made go: their split, and the folder of each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from recyclegan.atomic import write_json
from recyclegan.data.building import Outcome
from recyclegan.data.near_duplicates import (
    NEAR,
    SAME_CAMERA,
    features_of_files,
    linked_groups,
)
from recyclegan.data.plan import Plan, Source
from recyclegan.data.splitting import Split, split_groups
from recyclegan.data.stages import Stage
from recyclegan.errors import UserError

SPLITS = ".places.json"
"""The split, once it is decided; hidden, so it goes when the dataset is complete."""

LIKENESS = {"near-duplicates": NEAR, "cameras": SAME_CAMERA}

Splits = dict[str, dict[str, list[str]]]
"""The pictures' paths by domain and split."""


def decide_splits(
    folder: Path,
    made: Mapping[str, str],
    plan: Plan,
    groups: Mapping[str, int] | None,
    stage: Stage,
) -> Splits:
    """Return the split of pictures below a folder; decided once, before any of them is moved.

    Args:
        folder: Where they are, in the folders `a` and `b`.
        made: The source of each picture, by its path below the folder.
        plan: What stays on one side of the split, the share and the seed.
        groups: By source, groups that stay on one side whatever the plan says.
        stage: Opens each stage of the work.
    """
    if (folder / SPLITS).exists():
        return json.loads((folder / SPLITS).read_text("utf-8"))
    folders = [(folder / s, sorted(folder / p for p in made if p[0] == s)) for s in "ab"]
    paths = [path for _, own in folders for path in own]
    if groups is not None:
        numbers = np.array([groups[made[_below(folder, path)]] for path in paths])
    elif plan.split == "random":
        numbers = np.arange(len(paths))
    else:
        with stage("Describing") as on_progress:
            features = features_of_files(paths, on_progress=on_progress)
        with stage("Comparing") as on_progress:
            numbers = linked_groups(features, LIKENESS[plan.split], on_progress=on_progress)
    sides = split_groups(folders, numbers, seed=plan.seed, test_fraction=plan.test_fraction)
    splits = {side: _named(folder, split) for side, split in zip("ab", sides, strict=True)}
    write_json(folder / SPLITS, splits)
    return splits


def require_pictures(
    sources: Mapping[str, Source], outcomes: Mapping[str, Outcome], domains: Mapping[str, str]
) -> None:
    """Pass if both domains have a picture.

    Raises:
        UserError: One has none; says why its sources were dropped.
    """
    for side, name in domains.items():
        own = [outcome for key, outcome in outcomes.items() if sources[key].domain == side]
        if not any(outcome.pictures for outcome in own):
            reasons = Counter(outcome.dropped for outcome in own)
            why = ", ".join(f"{num} {reason}" for reason, num in reasons.items()) or "no files"
            raise UserError(f"No picture of {name} is left ({why}): name others.")


def places_of(splits: Splits, plan: Plan) -> dict[str, tuple[str, str]]:
    """Return the final path and the split of each picture."""
    return {
        old: (
            (f"{split}{s.upper()}" if plan.layout == "folders" else f"input_{s.upper()}") + old[1:],
            split,
        )
        for s, sides in splits.items()
        for split, paths in sides.items()
        for old in paths
    }


def _named(folder: Path, split: Split) -> dict[str, list[str]]:
    return {
        "train": [_below(folder, path) for path in split.train],
        "test": [_below(folder, path) for path in split.test],
    }


def _below(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()
