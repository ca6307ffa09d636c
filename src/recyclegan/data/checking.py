"""What is wrong, alike or odd in a dataset, before anything is trained on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from recyclegan.data.examining import Facts, examine
from recyclegan.data.layouts import read_unsplit
from recyclegan.data.manifest import BadFile, parts_of
from recyclegan.data.near_duplicates import near_duplicate_groups
from recyclegan.images.parallel import in_parallel

FLAT, BLACK, WHITE = 0.01, 0.03, 0.97
"""Contrast below which a picture is flat, and brightness beyond which it is black or white."""

SMALL, LONG, BLURRED = 0.5, 3, 0.05
"""Share of the median short side, aspect, and share of the median sharpness that are odd."""

Group = tuple[Facts, ...]


@dataclass(frozen=True)
class CheckResult:
    """All that was found; groups have two members or more."""

    domains: dict[str, str]
    layout: str
    files: Group
    bad: tuple[BadFile, ...]
    suspects: tuple[BadFile, ...]
    """Files that can be read but are odd, and why."""
    exact: tuple[Group, ...]
    near: tuple[Group, ...]
    """Near-duplicates; exact copies are among them."""
    num_ignored: int
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return everything as values that strict JSON can hold."""
        listed: dict[str, Any] = {
            "bad": [{"path": str(f.path), "reason": f.reason} for f in self.bad],
            "suspects": [{"path": str(f.path), "reason": f.reason} for f in self.suspects],
            "files": [{**asdict(f), "path": str(f.path)} for f in self.files],
        }
        for name, groups in (("exact", self.exact), ("near", self.near)):
            listed[f"{name}_duplicates"] = [[str(f.path) for f in group] for group in groups]
            listed[f"{name}_test_pictures_in_train"] = [str(f.path) for f in leaked(groups)]
        head = {"layout": self.layout, "domains": self.domains, "ignored": self.num_ignored}
        return {**head, "notes": list(self.notes), **listed}


def check_dataset(
    data: Sequence[Path], on_progress: Callable[[int, int], None] | None = None
) -> CheckResult:
    """Decode every file of a dataset in any layout and compare all of them.

    Raises:
        UserError: no such folders, no pictures, or one folder for both domains.
    """
    folders = read_unsplit(data)
    unsplit = {n for n, domain in (("a", folders.a), ("b", folders.b)) if not domain.test}
    parts = [(p, d, "all" if d in unsplit else s) for p, d, s in parts_of(folders)]
    files: list[Facts] = []
    bad: list[BadFile] = []
    for done, read in enumerate(in_parallel(lambda part: examine(*part), parts), 1):
        if isinstance(read, BadFile):
            bad.append(read)
        else:
            files.append(read)
        if on_progress:
            on_progress(done, len(parts))
    # The truth of a test picture is meant to be like it.
    compared = [file for file in files if file.split != "truth"]
    labels = near_duplicate_groups([file.path for file in compared]).tolist()
    return CheckResult(
        {"a": folders.a.name, "b": folders.b.name},
        folders.layout,
        tuple(files),
        tuple(bad),
        tuple(_suspects(files)),
        _grouped(files, [file.sha256 for file in files]),
        _grouped(compared, labels),
        folders.num_ignored,
        folders.notes,
    )


def leaked(groups: Iterable[Group]) -> list[Facts]:
    """Return the test pictures that share a group with a training picture."""
    mixed = [group for group in groups if any(file.split == "train" for file in group)]
    return [file for group in mixed for file in group if file.split == "test"]


def _grouped(files: Sequence[Facts], keys: Sequence[Hashable]) -> tuple[Group, ...]:
    groups: defaultdict[Hashable, list[Facts]] = defaultdict(list)
    for file, key in zip(files, keys, strict=True):
        groups[key].append(file)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _suspects(files: Sequence[Facts]) -> Iterable[BadFile]:
    for domain in ("a", "b"):
        own = [file for file in files if file.domain == domain]
        if not own:
            continue
        mode = Counter(file.mode for file in own).most_common(1)[0][0]
        side = median(min(file.size) for file in own)
        sharpness = median(file.measures.sharpness for file in own)
        for file in own:
            reasons = _oddities(file, mode, side, sharpness)
            if reasons:
                yield BadFile(file.path, "; ".join(reasons))


def _oddities(file: Facts, mode: str, side: float, sharpness: float) -> list[str]:
    """Return what sets a file apart, by itself and from its domain's usual values."""
    short, long = sorted(file.size)
    seen = file.measures
    flat = seen.contrast < FLAT
    # A camera's JPEG may hold further pictures behind the first and is then an MPO.
    content = "JPEG" if file.format == "MPO" else file.format
    known = {
        f"{file.named} by name, {file.format} by content": file.named not in ("", content),
        "one flat colour": flat,
        "nearly black": seen.brightness < BLACK,
        "nearly white": seen.brightness > WHITE,
        "far more blurred than the rest": not flat and seen.sharpness < BLURRED * sharpness,
        f"only {short} px on its short side, {side:g} are usual": short < SMALL * side,
        f"{long / short:.1f} times as long as wide": long > LONG * short,
        f"mode {file.mode}, {mode} is usual": file.mode != mode,
        f"{file.num_pages} pages or frames, the first counts": file.num_pages > 1
        and file.format != "MPO",
    }
    return [reason for reason, holds in known.items() if holds]
