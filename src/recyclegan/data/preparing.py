"""From sources of two domains to a dataset directory, with a list of what was dropped and why."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Literal

from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.data.building import Dropped, Outcome, arrange, build
from recyclegan.data.complete_folder import resumable_folder
from recyclegan.data.fitting import cut_border, fit_square
from recyclegan.data.manifest import Entry, make_manifest, write_manifest
from recyclegan.data.near_duplicates import NEAR, SAME_CAMERA
from recyclegan.data.splitting import Split, split_folders, split_groups
from recyclegan.errors import UserError
from recyclegan.images.decoding import decode

PLACES = ".places.json"
SIZES = (16, 4096)
"""Smallest and largest side in pixels."""
MARKER = "preparation.json"
PARTS = {"trainA", "trainB", "testA", "testB", "input_A", "input_B", "manifest.json", "dropped.csv"}
PARTS |= {f"input_{side}_{split}.csv" for side in "AB" for split in ("train", "test")}


SplitBy = Literal["near-duplicates", "cameras", "random"]
LIKENESS = {"near-duplicates": NEAR, "cameras": SAME_CAMERA}


@dataclass(frozen=True)
class Source:
    """A file to make a picture of: where it is, `a` or `b`, and its name without an ending."""

    path: Path
    domain: str
    name: str
    dropped: str | None = None
    """Why it is dropped unread, if it is."""


@dataclass(frozen=True)
class Plan:
    """How pictures are made and split; a `size` of 0 keeps them as large as they are."""

    size: int = 256
    frame: tuple[int, int] | None = None
    """Width and height that a file must have."""
    border: bool = False
    """Whether the black border is cut off."""
    format: Literal["png", "jpg"] = "png"
    test_fraction: float = 0.2
    seed: int = 42
    split: SplitBy = "near-duplicates"
    """What stays on one side of the split."""
    layout: Literal["folders", "lists"] = "folders"


@dataclass(frozen=True)
class Prepared:
    """What became of every source, and the training and test numbers by domain."""

    outcomes: Mapping[str, Outcome]
    counts: Mapping[str, tuple[int, int]]
    mislabelled: tuple[str, ...]
    """Sources that were kept although their ending names another format than they have."""


def prepare(
    out_dir: Path,
    sources: Mapping[str, Source],
    domains: Mapping[str, str],
    plan: Plan,
    *,
    groups: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Make a dataset directory; called again after a cut, it goes on.

    Args:
        out_dir: Appears only when it is complete.
        sources: What to make pictures of, by a name that is listed.
        domains: What a and b are called.
        plan: How.
        groups: By source, groups that stay on one side of the split.
        notes: What else a person should know; kept with the settings.
        overwrite: Replace a set that is already there.
        on_progress: Called with the sources done and their total.

    Raises:
        UserError: The plan is out of range, `out_dir` is in use, or a domain has no picture.
    """
    _check(plan)
    sources = _with_own_names(sources)
    begun = {
        "plan": asdict(plan),
        "domains": dict(domains),
        "sources": {key: str(source.path) for key, source in sources.items()},
        "groups": dict(groups or {}),
    }
    with resumable_folder(
        out_dir, settings=begun, marker=MARKER, parts=PARTS, overwrite=overwrite
    ) as folder:
        outcomes = build(folder, sources, partial(_make, plan), on_progress=on_progress)
        splits = _splits(folder, sources, outcomes, domains, plan, groups)
        places = _places(splits, plan)
        arrange(folder, {old: new for old, (new, _) in places.items()})
        _write_lists(folder, places, plan)
        entries = [
            Entry(places[p.path][0], p.sha256, p.size, places[p.path][1], p.path[0])
            for outcome in outcomes.values()
            for p in outcome.pictures
        ]
        write_manifest(make_manifest(entries, domains), folder / "manifest.json")
        _write_dropped(folder / "dropped.csv", sources, outcomes, domains)
        mislabelled = tuple(
            key for key, o in outcomes.items() if o.pictures and _is_mislabelled(sources[key].path)
        )
        described = {"settings": asdict(plan), "notes": list(notes), "mislabelled": mislabelled}
        write_json(folder / MARKER, described | _accounted(outcomes, places))
    counts = {
        domains[side]: (len(splits[side]["train"]), len(splits[side]["test"])) for side in "ab"
    }
    return Prepared(outcomes, counts, mislabelled)


def _accounted(
    outcomes: Mapping[str, Outcome], places: Mapping[str, tuple[str, str]]
) -> dict[str, object]:
    """Return how many sources were dropped by reason, and the source of each picture."""
    return {
        "dropped": Counter(o.dropped for o in outcomes.values() if o.dropped),
        "sources": {places[p.path][0]: key for key, o in outcomes.items() for p in o.pictures},
    }


def _check(plan: Plan) -> None:
    if plan.size and not SIZES[0] <= plan.size <= SIZES[1]:
        raise UserError(f"--size {plan.size} is out of range: 0, or {SIZES[0]} to {SIZES[1]}.")
    if plan.seed < 0:
        raise UserError(f"--seed {plan.seed} is negative: give 0 or more.")
    if not 0 <= plan.test_fraction < 1:
        raise UserError(f"--test-fraction {plan.test_fraction:g} is not in [0, 1).")


def _with_own_names(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return the sources so that no two pictures of a domain have one name, in any case.

    A later one gets its file's ending into the name, then a number: x.png beside x.jpg is x_png.
    """
    taken: set[tuple[str, str]] = set()
    named: dict[str, Source] = {}
    for key, source in sources.items():
        own = source.name
        if not source.dropped:
            ending = f"{own}_{source.path.suffix[1:].lower()}"
            others = chain((own, ending), (f"{ending}_{number}" for number in count(2)))
            own = next(n for n in others if (source.domain, n.lower()) not in taken)
            taken.add((source.domain, own.lower()))
        named[key] = replace(source, name=own)
    return named


def _make(plan: Plan, source: Source) -> dict[str, Image.Image]:
    if source.dropped:
        raise Dropped(source.dropped)
    image = decode(source.path)
    if plan.frame and image.size != plan.frame:
        raise Dropped("wrong size", f"{image.width}x{image.height}")
    if plan.border:
        image = cut_border(image)
    if plan.size:
        image = fit_square(image, plan.size)
    return {f"{source.domain}/{source.name}.{plan.format}": image}


def _is_mislabelled(path: Path) -> bool:
    with Image.open(path) as image:
        # Cameras write JPEG files with a second picture, which Pillow calls MPO.
        found = "JPEG" if image.format == "MPO" else image.format
    return Image.registered_extensions().get(path.suffix.lower(), found) != found


def _splits(
    folder: Path,
    sources: Mapping[str, Source],
    outcomes: Mapping[str, Outcome],
    domains: Mapping[str, str],
    plan: Plan,
    groups: Mapping[str, int] | None,
) -> dict[str, dict[str, list[str]]]:
    """Return the pictures' paths by domain and split; decided once, before anything is moved."""
    if (folder / PLACES).exists():
        return json.loads((folder / PLACES).read_text("utf-8"))
    made = {p.path: key for key, outcome in outcomes.items() for p in outcome.pictures}
    folders = [(folder / s, sorted(folder / p for p in made if p[0] == s)) for s in "ab"]
    for side, paths in folders:
        if not paths:
            reasons = Counter(
                o.dropped for k, o in outcomes.items() if sources[k].domain == side.name
            )
            why = ", ".join(f"{count} {reason}" for reason, count in reasons.items()) or "no files"
            raise UserError(f"No picture of {domains[side.name]} is left ({why}): name others.")
    seeded = {"seed": plan.seed, "test_fraction": plan.test_fraction}
    if plan.split != "random" and groups is None:
        likeness = LIKENESS[plan.split]
        sides = split_folders(folders, likeness=likeness, **seeded)  # type: ignore[arg-type]
    else:
        names = [path.relative_to(folder).as_posix() for _, paths in folders for path in paths]
        numbers = [groups[made[n]] if groups else index for index, n in enumerate(names)]
        sides = split_groups(folders, numbers, **seeded)  # type: ignore[arg-type]
    splits = {s: _named(folder, split) for s, split in zip("ab", sides, strict=True)}
    write_json(folder / PLACES, splits)
    return splits


def _named(folder: Path, split: Split) -> dict[str, list[str]]:
    def names(paths: Sequence[Path]) -> list[str]:
        return [path.relative_to(folder).as_posix() for path in paths]

    return {"train": names(split.train), "test": names(split.test)}


def _places(
    splits: Mapping[str, Mapping[str, Sequence[str]]], plan: Plan
) -> dict[str, tuple[str, str]]:
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


def _write_lists(folder: Path, places: Mapping[str, tuple[str, str]], plan: Plan) -> None:
    if plan.layout == "folders":
        return
    for side in "AB":
        for split in ("train", "test"):
            prefix = f"input_{side}/"
            rows = sorted(n for n, s in places.values() if s == split and n.startswith(prefix))
            with (folder / f"input_{side}_{split}.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["file_name"])
                writer.writerows([row.removeprefix(prefix)] for row in rows)


def _write_dropped(
    path: Path,
    sources: Mapping[str, Source],
    outcomes: Mapping[str, Outcome],
    domains: Mapping[str, str],
) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "domain", "reason", "detail"])
        for key, outcome in outcomes.items():
            if outcome.dropped:
                domain = domains[sources[key].domain]
                writer.writerow([key, domain, outcome.dropped, outcome.detail])
