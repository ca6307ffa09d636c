"""Which layout a dataset directory has, and which pictures it names; nothing is decoded here."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath

from recyclegan.errors import UserError
from recyclegan.images.listing import COMMON, Listing, is_litter, list_images, require_folder

SPLIT_NAMES = frozenset(("train", "training", "test", "testing", "val", "valid", "validation"))
"""Sub-folders with these names are parts of one set, not domains."""

FILTERED = "_filtered.csv"
"""How the lists end that curation writes; they go before what they are made from."""

TWO_FOLDERS = "name the two folders instead: --data A_DIR B_DIR"


@dataclass(frozen=True)
class Found:
    """One domain as it lies on disk; `test` is None where no test pictures are named."""

    name: str
    train_dir: Path
    train: tuple[Path, ...]
    num_ignored: int
    test_dir: Path | None = None
    test: tuple[Path, ...] | None = None
    truth: Mapping[Path, Path] = field(default_factory=dict)
    """For a test picture, its true version in the other domain, where there is one."""
    unreadable: tuple[Path, ...] = ()
    """Sub-folders that may not be looked into."""


def find_domains(data: Sequence[Path]) -> tuple[Found, Found, str]:
    """Return domains A and B and the layout's name, from one dataset directory or two folders.

    Raises:
        UserError: not one of the layouts; says what was looked for, what was found, the way out.
    """
    if len(data) == 2:
        a, b = (_folder(folder.name or folder.resolve().name, folder) for folder in data)
        return a, b, "two folders"
    if len(data) != 1:
        raise UserError(f"--data takes one dataset directory or two folders, not {len(data)}.")
    root = data[0]
    require_folder(root)
    entries = sorted(entry for entry in root.iterdir() if entry.is_dir())
    folders = {entry.name.lower(): entry for entry in entries if not is_litter(entry.name)}
    if "traina" in folders or "trainb" in folders:
        a, b = (_train_and_test(root, folders, letter) for letter in "AB")
        layout = "trainA trainB"
    elif "input_a" in folders or "input_b" in folders:
        a, b = (_input_and_csv(root, folders, letter) for letter in "AB")
        layout = "input_A input_B"
    else:
        a, b = _two_sub_folders(root, list(folders.values()))
        layout = "two sub-folders"
    names = _domain_names(root)
    a, b = replace(a, name=names.get("a", a.name)), replace(b, name=names.get("b", b.name))
    return a, b, layout


def _folder(name: str, folder: Path) -> Found:
    listing = list_images(folder)
    if not listing.paths:
        raise UserError(
            f"{folder} holds no pictures ({listing.num_ignored} other files): put files ending in "
            f"{', '.join(COMMON)} there, or name another folder."
        )
    return _all_of(name, folder, listing)


def _all_of(name: str, folder: Path, listing: Listing) -> Found:
    return Found(name, folder, listing.paths, listing.num_ignored, unreadable=listing.unreadable)


def _required(root: Path, folders: Mapping[str, Path], name: str) -> Path:
    if name.lower() not in folders:
        raise UserError(
            f"{root} holds {', '.join(path.name for path in folders.values())}, but no {name}: "
            f"add it, or {TWO_FOLDERS}."
        )
    return folders[name.lower()]


def _train_and_test(root: Path, folders: Mapping[str, Path], letter: str) -> Found:
    found = _folder(letter, _required(root, folders, f"train{letter}"))
    test_dir = folders.get(f"test{letter.lower()}")
    test = list_images(test_dir) if test_dir else Listing((), 0)
    found = replace(
        found,
        num_ignored=found.num_ignored + test.num_ignored,
        unreadable=found.unreadable + test.unreadable,
        test_dir=test_dir,
        test=test.paths or None,
        truth=_truth(test_dir, test.paths, folders.get(f"truth{letter.lower()}")),
    )
    return _filtered(found, root, f"train{letter}", f"test{letter}")


def _truth(
    test_dir: Path | None, test: Sequence[Path], truth_dir: Path | None
) -> Mapping[Path, Path]:
    if not test_dir or not truth_dir:
        return {}
    known = {_stem(path, truth_dir): path for path in list_images(truth_dir).paths}
    stems = {path: _stem(path, test_dir) for path in test}
    return {path: known[stem] for path, stem in stems.items() if stem in known}


def _stem(path: Path, folder: Path) -> Path:
    """Return the path below a folder without extension: truth may be in another format."""
    return path.relative_to(folder).with_suffix("")


def _filtered(found: Found, root: Path, train: str, test: str) -> Found:
    """Return the domain as its filtered lists name it, where both are there; by paths below root.

    A filtered list may move pictures from one side to the other.
    """
    train_table, test_table = root / f"{train}{FILTERED}", root / f"{test}{FILTERED}"
    if not train_table.is_file() and not test_table.is_file():
        return found
    train_paths, test_paths = _read_lists(root, train_table, test_table, root)
    return replace(found, train=train_paths, test=test_paths or None, test_dir=root)


def _input_and_csv(root: Path, folders: Mapping[str, Path], letter: str) -> Found:
    folder = _required(root, folders, f"input_{letter}")
    found = _folder(letter, folder)
    train, test = (_table(root, f"input_{letter}_{split}") for split in ("train", "test"))
    if not train.is_file() and not test.is_file():
        return found
    train_paths, test_paths = _read_lists(root, train, test, folder)
    return replace(found, train=train_paths, test=test_paths or None, test_dir=folder)


def _read_lists(
    root: Path, train: Path, test: Path, folder: Path
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the training and the test pictures that two lists name, below a folder."""
    missing = [table.name for table in (train, test) if not table.is_file()]
    if missing:
        raise UserError(
            f"{root} holds only one of two lists: add {missing[0]}, or remove the other."
        )
    train_paths, test_paths = _named(train, folder), _named(test, folder)
    if not train_paths:
        raise UserError(f"{train} names no picture: add some, or remove {train.name}.")
    both = set(train_paths) & set(test_paths)
    if both:
        raise UserError(
            f"{min(both).name} is named in both {train.name} and {test.name} ({len(both)} such "
            "files): a test picture must not be trained on, so remove it from one."
        )
    return train_paths, test_paths


def _table(root: Path, stem: str) -> Path:
    filtered = root / f"{stem}{FILTERED}"
    return filtered if filtered.is_file() else root / f"{stem}.csv"


def _named(table: Path, folder: Path) -> tuple[Path, ...]:
    """Return the pictures that a table names, whether or not they are there (a scan reports it)."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            if "file_name" not in (rows.fieldnames or ()):
                raise UserError(f"{table} has no column file_name: {rows.fieldnames} were found.")
            names = {row["file_name"].strip() for row in rows if row["file_name"]}
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} is no table in UTF-8 ({error}): save it as one.") from None
    return tuple(sorted({_located(name, folder) for name in names}))


def _located(name: str, folder: Path) -> Path:
    # A table may hold paths of the machine that wrote it; their last part is still right here.
    relative = PureWindowsPath(name)
    below = folder / relative.as_posix()
    return below if below.exists() else folder / relative.name


def _two_sub_folders(root: Path, folders: Sequence[Path]) -> tuple[Found, Found]:
    listings = {folder: list_images(folder) for folder in folders}
    full = [folder for folder, listing in listings.items() if listing.paths]
    if len(full) == 2 and not any(folder.name.lower() in SPLIT_NAMES for folder in full):
        a, b = (
            _filtered(
                _all_of(folder.name, folder, listings[folder]),
                root,
                f"{folder.name}_train",
                f"{folder.name}_test",
            )
            for folder in full
        )
        return a, b
    counts = [f"{path.name}/ ({len(listing.paths)})" for path, listing in listings.items()]
    loose = len(list_images(root, recursive=False).paths)
    held = ", ".join([*counts[:8], f"{loose} pictures outside folders"])
    inner = next((folder for folder in full if _has_two_folders(folder)), None)
    raise UserError(
        f"{root} should hold trainA/ and trainB/, input_A/ and input_B/, or exactly two folders "
        f"of pictures, one for each domain; it holds {held}: "
        + (f"did you mean --data {inner}?" if inner else f"{TWO_FOLDERS}.")
    )


def _has_two_folders(folder: Path) -> bool:
    return sum(1 for entry in folder.iterdir() if entry.is_dir() and list_images(entry).paths) == 2


def _domain_names(root: Path) -> Mapping[str, str]:
    """Return the names that the dataset gives its domains, if it says so."""
    for path in (root / "scenes.json", root / "manifest.json"):
        try:
            content = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        names = content.get("domains") if isinstance(content, dict) else None
        if isinstance(names, dict):
            return {key: str(names[key]) for key in ("a", "b") if key in names}
    return {}
