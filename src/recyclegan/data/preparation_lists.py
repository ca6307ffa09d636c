"""The lists that accompany a prepared dataset: what is in it, what was dropped and why."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from recyclegan.data.building import Outcome
from recyclegan.data.manifest import Entry, make_manifest, write_manifest
from recyclegan.data.plan import Plan, Source

Places = Mapping[str, tuple[str, str]]
"""The final path and the split of each picture, by the path where it was made."""


def write_entries(
    path: Path, outcomes: Mapping[str, Outcome], places: Places, domains: Mapping[str, str]
) -> None:
    """Write the manifest of the pictures."""
    entries = [
        Entry(places[p.path][0], p.sha256, p.size, places[p.path][1], p.path[0])
        for outcome in outcomes.values()
        for p in outcome.pictures
    ]
    write_manifest(make_manifest(entries, domains), path)


def write_split_lists(folder: Path, places: Places, plan: Plan) -> None:
    """Write the tables that name each side's pictures, where the layout has them."""
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


def write_dropped(
    path: Path,
    sources: Mapping[str, Source],
    outcomes: Mapping[str, Outcome],
    domains: Mapping[str, str],
) -> None:
    """Write the table of dropped sources with the reason and the detail of each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "domain", "reason", "detail"])
        for key, outcome in outcomes.items():
            if outcome.dropped:
                domain = domains[sources[key].domain]
                writer.writerow([key, domain, outcome.dropped, outcome.detail])


def accounted(outcomes: Mapping[str, Outcome], places: Places) -> dict[str, object]:
    """Return how many sources were dropped by reason, and the source of each picture."""
    return {
        "dropped": Counter(o.dropped for o in outcomes.values() if o.dropped),
        "sources": {places[p.path][0]: key for key, o in outcomes.items() for p in o.pictures},
    }
