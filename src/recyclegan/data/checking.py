"""What is wrong, alike or odd in a dataset, before anything is trained on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recyclegan.data.check_parts import parts_in
from recyclegan.data.edge_directions import NUM_FEATURES
from recyclegan.data.examining import Facts, examine
from recyclegan.data.layouts import read_unsplit
from recyclegan.data.manifest import BadFile, parts_of
from recyclegan.data.near_duplicates import NEAR, linked_groups
from recyclegan.data.oddities import suspects
from recyclegan.data.stages import Stage, unseen
from recyclegan.images.parallel import in_parallel

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
            "parts": [part.as_json() for part in parts_in(self.files)],
            "bad": [{"path": str(f.path), "reason": f.reason} for f in self.bad],
            "suspects": [{"path": str(f.path), "reason": f.reason} for f in self.suspects],
            "files": [{**asdict(f), "path": str(f.path)} for f in self.files],
        }
        for name, groups in (("exact", self.exact), ("near", self.near)):
            listed[f"{name}_duplicates"] = _names(groups)
            listed[f"{name}_duplicates_across_domains"] = _names(across_domains(groups))
            listed[f"{name}_test_pictures_in_train"] = [str(f.path) for f in leaked(groups)]
        head = {"layout": self.layout, "domains": self.domains, "ignored": self.num_ignored}
        return {**head, "notes": list(self.notes), **listed}


def check_dataset(data: Sequence[Path], stage: Stage = unseen) -> CheckResult:
    """Decode every file of a dataset in any layout and compare all of them.

    Memory is 16 kB a picture and about 100 MB.

    Raises:
        UserError: no such folders, no pictures, or one folder for both domains.
    """
    folders = read_unsplit(data)
    unsplit = {n for n, domain in (("a", folders.a), ("b", folders.b)) if not domain.test}
    parts = [(p, d, "all" if d in unsplit else s) for p, d, s in parts_of(folders)]
    files: list[Facts] = []
    bad: list[BadFile] = []
    compared: list[Facts] = []
    features = np.zeros((len(parts), NUM_FEATURES), np.float16)
    with stage("Decoding") as on_progress:
        for done, read in enumerate(in_parallel(lambda part: examine(*part), parts), 1):
            on_progress(done, len(parts))
            if isinstance(read, BadFile):
                bad.append(read)
                continue
            files.append(read.facts)
            # The truth of a test picture is meant to be like it.
            if read.facts.split != "truth":
                features[len(compared)] = read.features
                compared.append(read.facts)
    with stage("Comparing") as on_progress:
        labels = linked_groups(features[: len(compared)], NEAR, on_progress=on_progress).tolist()
    return CheckResult(
        {"a": folders.a.name, "b": folders.b.name},
        folders.layout,
        tuple(files),
        tuple(bad),
        tuple(suspects(files)),
        _grouped(files, [file.sha256 for file in files]),
        _grouped(compared, labels),
        folders.num_ignored,
        folders.notes,
    )


def leaked(groups: Iterable[Group]) -> list[Facts]:
    """Return the test pictures that share a group with a training picture."""
    mixed = [group for group in groups if any(file.split == "train" for file in group)]
    return [file for group in mixed for file in group if file.split == "test"]


def across_domains(groups: Iterable[Group]) -> list[Group]:
    """Return the groups with pictures of both domains."""
    return [group for group in groups if len({file.domain for file in group}) > 1]


def _grouped(files: Sequence[Facts], keys: Sequence[Hashable]) -> tuple[Group, ...]:
    groups: defaultdict[Hashable, list[Facts]] = defaultdict(list)
    for file, key in zip(files, keys, strict=True):
        groups[key].append(file)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _names(groups: Iterable[Group]) -> list[list[str]]:
    return [[str(file.path) for file in group] for group in groups]
