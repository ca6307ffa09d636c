"""Which pictures of several sets belong together: those of one name, never those of one place."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recyclegan.errors import UserError


@dataclass(frozen=True)
class Pairing:
    """The files that all sets have a partner for, and the names of those left over.

    `matched` is sorted by name: {name: {set: path}}; `unmatched` is {set: [name, ...]}.
    """

    matched: dict[str, dict[str, Path]]
    unmatched: dict[str, list[str]]


def pair_by_name(sets: Mapping[str, Sequence[Path]]) -> Pairing:
    """Match files by their path below their set's common folder, without the suffix.

    Raises:
        UserError: A set holds one name twice, or no name is in every set.
    """
    named = {label: _by_name(label, paths) for label, paths in sets.items()}
    common = set.intersection(*(set(files) for files in named.values()))
    unmatched = {label: sorted(set(files) - common) for label, files in named.items()}
    if not common:
        counts = ", ".join(f"{label} {len(paths)}" for label, paths in sets.items())
        raise UserError(
            f"No file name is in all of the sets ({counts} files): pictures are paired by name "
            "without suffix, so give a translation and its truth the name of their source."
        )
    matched = {
        name: {label: files[name] for label, files in named.items()} for name in sorted(common)
    }
    return Pairing(matched, unmatched)


def _by_name(label: str, paths: Sequence[Path]) -> dict[str, Path]:
    """Return {name: path} of one set."""
    if not paths:
        return {}
    common_dir = Path(os.path.commonpath([path.parent for path in paths]))
    files: dict[str, Path] = {}
    for path in paths:
        name = path.relative_to(common_dir).with_suffix("").as_posix()
        if name in files:
            raise UserError(
                f"Two files of {label} have the name {name} ({files[name]} and {path}): "
                "rename or remove one of them."
            )
        files[name] = path
    return files
