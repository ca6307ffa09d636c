"""Which pictures of several sets belong together: those of one name, never those of one place."""

from __future__ import annotations

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


def names_below(folder: Path, paths: Sequence[Path]) -> dict[str, Path]:
    """Return files by their names: their paths below a folder, without the suffix.

    Raises:
        UserError: Two files have one name.
    """
    files: dict[str, Path] = {}
    for path in paths:
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in files:
            raise UserError(
                f"Two files in {folder} have the name {name} ({files[name]} and {path}): "
                "rename or remove one of them."
            )
        files[name] = path
    return files


def pair_by_name(sets: Mapping[str, Mapping[str, Path]]) -> Pairing:
    """Match the files of sets, each given as {name: path}.

    Raises:
        UserError: No name is in every set.
    """
    common = set.intersection(*(set(files) for files in sets.values()))
    unmatched = {label: sorted(set(files) - common) for label, files in sets.items()}
    if not common:
        counts = ", ".join(f"{label} {len(files)}" for label, files in sets.items())
        raise UserError(
            f"No file name is in all of the sets ({counts} files): pictures are paired by name "
            "without suffix, so give a translation and its truth the name of their source."
        )
    matched = {
        name: {label: files[name] for label, files in sets.items()} for name in sorted(common)
    }
    return Pairing(matched, unmatched)
