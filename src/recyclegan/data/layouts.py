"""Two domains of unpaired pictures, from any of the layouts that a dataset may have on disk.

`trainA trainB`, with `testA testB` and `truthA truthB` if there are any; `input_A input_B` with
`input_A_train.csv input_A_test.csv ...` (column `file_name`; `..._filtered.csv` goes first); a
directory of exactly two folders; or two folders anywhere. Without a split of its own, one is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recyclegan.data.finding import Found, find_domains
from recyclegan.data.near_duplicates import near_duplicate_groups
from recyclegan.data.splitting import split_groups
from recyclegan.errors import UserError


@dataclass(frozen=True)
class DomainFiles:
    """The pictures of one domain, each side sorted by name."""

    name: str
    train: tuple[Path, ...]
    test: tuple[Path, ...]
    test_dir: Path
    """The folder below which the test pictures have their names."""
    truth: Mapping[Path, Path]
    """For a test picture, its true version in the other domain, where it is known."""


@dataclass(frozen=True)
class UnpairedFolders:
    """Domains a and b, how they lay on disk, and what a person should know about them."""

    a: DomainFiles
    b: DomainFiles
    layout: str
    num_ignored: int
    notes: tuple[str, ...] = ()
    groups: Mapping[Path, int] = field(default_factory=dict)
    """Near-duplicate groups of the pictures that a split was made of, if one was."""


def read_layout(data: Sequence[Path], *, seed: int, test_fraction: float) -> UnpairedFolders:
    """Return the pictures of both domains from one dataset directory or from two folders.

    Where test pictures are missing, about `test_fraction` of a folder is held out, by the seed;
    near-duplicates stay on one side. Files are decoded only for that.

    Raises:
        UserError: no such folders, no pictures, or one folder for both domains; says the way out.
    """
    a, b, layout = _two_domains(data)
    notes = []
    unsplit = [found for found in (a, b) if found.test is None]
    groups: Mapping[Path, int] = {}
    if unsplit:
        groups = _groups([path for found in unsplit for path in found.train])
        a, b = _split_where_needed(a, b, groups, seed, test_fraction)
        names = " and ".join(found.name for found in unsplit)
        notes = [f"test pictures of {names} chosen by seed {seed}, near-duplicates together"]
    for found in (a, b):
        if not found.test:
            notes.append(f"{found.name} has no test pictures: nothing of it is held out")
    return replace(_unpaired(a, b, layout, notes), groups=groups)


def read_unsplit(data: Sequence[Path]) -> UnpairedFolders:
    """Return the pictures of both domains as they lie on disk; nothing is decoded or held out.

    Raises:
        UserError: as `read_layout`.
    """
    return _unpaired(*_two_domains(data), [])


def _two_domains(data: Sequence[Path]) -> tuple[Found, Found, str]:
    a, b, layout = find_domains(data)
    _refuse_overlap(a.train_dir, b.train_dir)
    if a.name == b.name:
        a, b = replace(a, name="A"), replace(b, name="B")
    return a, b, layout


def _unpaired(a: Found, b: Found, layout: str, notes: Sequence[str]) -> UnpairedFolders:
    unreadable = [
        f"{folder} may not be read, so its pictures are missing: check its permissions"
        for folder in (*a.unreadable, *b.unreadable)
    ]
    return UnpairedFolders(
        _domain(a), _domain(b), layout, a.num_ignored + b.num_ignored, (*unreadable, *notes)
    )


def _groups(paths: Sequence[Path]) -> Mapping[Path, int]:
    return dict(zip(paths, near_duplicate_groups(paths).tolist(), strict=True))


def _split_where_needed(
    a: Found, b: Found, groups: Mapping[Path, int], seed: int, test_fraction: float
) -> tuple[Found, Found]:
    folders = [(found.train_dir, found.train) for found in (a, b) if found.test is None]
    numbers = [groups[path] for _, paths in folders for path in paths]
    splits = iter(split_groups(folders, numbers, seed=seed, test_fraction=test_fraction))

    def divided(found: Found) -> Found:
        if found.test is not None:
            return found
        split = next(splits)
        return replace(found, train=split.train, test=split.test, test_dir=found.train_dir)

    return divided(a), divided(b)


def _domain(found: Found) -> DomainFiles:
    test = found.test or ()
    truth = {path: found.truth[path] for path in test if path in found.truth}
    return DomainFiles(found.name, found.train, test, found.test_dir or found.train_dir, truth)


def _refuse_overlap(a: Path, b: Path) -> None:
    real_a, real_b = a.resolve(), b.resolve()
    if real_a == real_b:
        raise UserError(f"{a} and {b} are the same folder: give each domain a folder of its own.")
    if real_a in real_b.parents or real_b in real_a.parents:
        raise UserError(f"Of {a} and {b}, one lies inside the other: move it out.")
