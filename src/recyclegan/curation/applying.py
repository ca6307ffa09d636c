"""From decisions to lists: what is kept, and near-duplicates on one side of the split."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recyclegan.atomic import write_atomically
from recyclegan.curation.decisions import Decisions
from recyclegan.curation.findings import Findings, Item
from recyclegan.data.finding import FILTERED, find_domains
from recyclegan.data.splitting import split_groups
from recyclegan.errors import UserError

Sides = Mapping[str, str]
"""`train` or `test` by the name of a picture."""


@dataclass(frozen=True)
class Applied:
    """What was written: the lists, numbers by class (train, test), what was dropped and moved."""

    lists: tuple[Path, ...]
    counts: Mapping[str, tuple[int, int]]
    num_dropped: Mapping[str, int]
    num_moved: int
    """Kept pictures that changed sides so that near-duplicates stay together."""


def apply_decisions(
    root: Path,
    findings: Findings,
    decisions: Decisions,
    *,
    split: Literal["keep", "new"],
    test_fraction: float,
    seed: int,
    overwrite: bool,
) -> Applied:
    """Write the filtered lists of a dataset directory; no picture is touched.

    With `split` "keep" a group that lies on both sides goes to the side where most of it is (to
    training where the two are equal); with "new" all kept groups are drawn anew, about
    `test_fraction` of each domain for testing. A domain that has no test picture is always drawn.

    Raises:
        UserError: decisions or findings are of other data, nothing is kept, or lists are there.
    """
    _require_one_dataset(findings, decisions)
    dropped = {"a": decisions.a, "b": decisions.b}
    domains = {"a": findings.a, "b": findings.b}
    kept = {
        letter: [i for i in domain.items if i.name not in dropped[letter]]
        for letter, domain in domains.items()
    }
    for letter, domain in domains.items():
        if not kept[letter]:
            raise UserError(f"The decisions drop every picture of {domain.name}: keep some.")
    drawn = split == "new" or not all(
        any(item.split == "test" for item in domain.items) for domain in domains.values()
    )
    sides = _draw(kept, root, test_fraction, seed) if drawn else _together(kept)
    tables = {
        path: [_below(base, root, i.name) for i in kept[letter] if sides[i.name] == side]
        for letter in domains
        for side, path, base in _places(root, letter)
    }
    _require_free(tables, overwrite)
    for path, names in tables.items():
        write_atomically(path, _table(names))
    return Applied(
        lists=tuple(tables),
        counts={domains[k].name: _counts(kept[k], sides) for k in domains},
        num_dropped={domains[k].name: len(domains[k].items) - len(kept[k]) for k in domains},
        num_moved=sum(sides[i.name] != i.split for items in kept.values() for i in items),
    )


def _require_one_dataset(findings: Findings, decisions: Decisions) -> None:
    if decisions.data != findings.data:
        raise UserError(
            "The decisions were made on other pictures than the findings: open the review page "
            "that `recyclegan curate` wrote last, and decide there."
        )
    for dropped, domain in ((decisions.a, findings.a), (decisions.b, findings.b)):
        unknown = dropped - {item.name for item in domain.items}
        if unknown:
            raise UserError(
                f"The decisions drop {min(unknown)} ({len(unknown)} such names), which is not "
                f"among the pictures of {domain.name}: decide again in the review page."
            )


def _together(kept: Mapping[str, Sequence[Item]]) -> Sides:
    """Return each picture's side, every group on the one where most of its members are."""
    items = [item for group in kept.values() for item in group]
    balance = Counter[int]()
    for item in items:
        balance[item.group] += 1 if item.split == "test" else -1
    return {item.name: "test" if balance[item.group] > 0 else "train" for item in items}


def _draw(kept: Mapping[str, Sequence[Item]], root: Path, test_fraction: float, seed: int) -> Sides:
    folders = [(root, [root / item.name for item in items]) for items in kept.values()]
    groups = [item.group for items in kept.values() for item in items]
    parts = split_groups(folders, groups, seed=seed, test_fraction=test_fraction)
    test = {path for part in parts for path in part.test}
    return {
        item.name: "test" if root / item.name in test else "train"
        for items in kept.values()
        for item in items
    }


def _places(root: Path, letter: str) -> list[tuple[str, Path, Path]]:
    """Return for each side the list to write and the folder below which it names pictures."""
    a, b, layout = find_domains([root])
    folder = (a if letter == "a" else b).train_dir
    if layout == "trainA trainB":
        stems, base = (f"train{letter.upper()}", f"test{letter.upper()}"), root
    elif layout == "input_A input_B":
        stems = (f"input_{letter.upper()}_train", f"input_{letter.upper()}_test")
        base = folder
    else:
        stems, base = (f"{folder.name}_train", f"{folder.name}_test"), root
    sides = ("train", "test")
    return [(s, root / f"{t}{FILTERED}", base) for s, t in zip(sides, stems, strict=True)]


def _require_free(tables: Mapping[Path, object], overwrite: bool) -> None:
    there = [path for path in tables if path.exists()]
    if there and not overwrite:
        raise UserError(f"{there[0]} is there already: replace the lists with --overwrite.")


def _below(base: Path, root: Path, name: str) -> str:
    return (root / name).relative_to(base).as_posix()


def _table(names: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file_name"])
    writer.writerows([name] for name in names)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _counts(items: Sequence[Item], sides: Sides) -> tuple[int, int]:
    num_test = sum(sides[item.name] == "test" for item in items)
    return len(items) - num_test, num_test
