"""From sources of two domains to a dataset directory, with a list of what was dropped and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.data.building import Dropped, Outcome, arrange, build
from recyclegan.data.complete_folder import resumable_folder
from recyclegan.data.examining import num_pages
from recyclegan.data.fitting import cut_border, fit_square
from recyclegan.data.placing import decide_splits, places_of, require_pictures
from recyclegan.data.plan import Plan, Source, check_plan, with_own_names
from recyclegan.data.preparation_lists import (
    accounted,
    write_dropped,
    write_entries,
    write_split_lists,
)
from recyclegan.data.stages import Stage, unseen
from recyclegan.images.decoding import decode

MARKER = "preparation.json"
PARTS = {"trainA", "trainB", "testA", "testB", "input_A", "input_B", "manifest.json", "dropped.csv"}
PARTS |= {f"input_{side}_{split}.csv" for side in "AB" for split in ("train", "test")}

REMARKS = {
    "mislabelled": "have the ending of another format",
    "several_frames": "hold several pages or frames, of which the first counts",
}
"""What is said of kept files that are odd, by the name under which they are listed."""


@dataclass(frozen=True)
class Prepared:
    """What became of every source, and the training and test numbers by domain."""

    outcomes: Mapping[str, Outcome]
    counts: Mapping[str, tuple[int, int]]
    remarks: Mapping[str, tuple[str, ...]]
    """Sources that were kept although they are odd, by the names in `REMARKS`."""


def prepare(
    out_dir: Path,
    sources: Mapping[str, Source],
    domains: Mapping[str, str],
    plan: Plan,
    *,
    groups: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    overwrite: bool = False,
    stage: Stage = unseen,
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
        stage: Opens each stage of the work.

    Raises:
        UserError: The plan is out of range, `out_dir` is in use, or a domain has no picture.
    """
    check_plan(plan)
    sources = with_own_names(sources)
    begun = {
        "plan": asdict(plan),
        "domains": dict(domains),
        "sources": {key: asdict(s) | {"path": str(s.path)} for key, s in sources.items()},
        "groups": dict(groups or {}),
    }
    with resumable_folder(
        out_dir, settings=begun, marker=MARKER, parts=PARTS, overwrite=overwrite
    ) as folder:
        with stage("Preparing") as on_progress:
            outcomes = build(folder, sources, partial(_make, plan), on_progress=on_progress)
        require_pictures(sources, outcomes, domains)
        made = {p.path: key for key, outcome in outcomes.items() for p in outcome.pictures}
        splits = decide_splits(folder, made, plan, groups, stage)
        places = places_of(splits, plan)
        arrange(folder, {old: new for old, (new, _) in places.items()})
        write_split_lists(folder, places, plan)
        write_entries(folder / "manifest.json", outcomes, places, domains)
        write_dropped(folder / "dropped.csv", sources, outcomes, domains)
        noted = {k: _remarks(sources[k].path) for k, o in outcomes.items() if o.pictures}
        remarks = {name: tuple(k for k, own in noted.items() if name in own) for name in REMARKS}
        described = {"settings": asdict(plan), "notes": list(notes)} | remarks
        write_json(folder / MARKER, described | accounted(outcomes, places))
    counts = {
        domains[side]: (len(splits[side]["train"]), len(splits[side]["test"])) for side in "ab"
    }
    return Prepared(outcomes, counts, remarks)


def _make(plan: Plan, source: Source) -> dict[str, Image.Image]:
    if source.dropped:
        raise Dropped(source.dropped, source.detail)
    image = decode(source.path)
    if plan.frame and image.size != plan.frame:
        raise Dropped("wrong size", f"{image.width}x{image.height}")
    if plan.border:
        image = cut_border(image)
    if plan.size:
        image = fit_square(image, plan.size)
    return {f"{source.domain}/{source.name}.{plan.format}": image}


def _remarks(path: Path) -> list[str]:
    """Return which of `REMARKS` hold of a file that can be read."""
    with Image.open(path) as image:
        # Cameras write JPEG files with a second picture, which Pillow calls MPO.
        found = "JPEG" if image.format == "MPO" else image.format
        several = image.format != "MPO" and num_pages(image) != 1
    mislabelled = Image.registered_extensions().get(path.suffix.lower(), found) != found
    holds = {"mislabelled": mislabelled, "several_frames": several}
    return [name for name in REMARKS if holds[name]]
