"""Two folders of anyone's pictures as sources, and the groups that a table gives them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from recyclegan.data.plan import Source
from recyclegan.errors import UserError
from recyclegan.images.listing import Listing, list_images


def folder_sources(
    a_dir: Path, b_dir: Path
) -> tuple[dict[str, Source], dict[str, str], tuple[str, ...]]:
    """Return the sources in two folders, by domain and path below it, the domains' names and notes.

    Raises:
        UserError: A folder is missing, or both are one.
    """
    if a_dir.resolve() == b_dir.resolve():
        raise UserError(f"{a_dir} and {b_dir} are one folder: give each domain its own.")
    names = [folder.resolve().name for folder in (a_dir, b_dir)]
    if names[0] == names[1]:
        names = [folder.resolve().parent.name for folder in (a_dir, b_dir)]
    if names[0] == names[1]:
        names = ["a", "b"]
    sources: dict[str, Source] = {}
    notes: list[str] = []
    for side, folder in (("a", a_dir), ("b", b_dir)):
        listing = list_images(folder)
        notes += listing_notes(folder, listing)
        for path in listing.paths:
            below = path.relative_to(folder)
            name = below.with_suffix("").as_posix()
            sources[f"{side}/{below.as_posix()}"] = Source(path, side, name)
    return sources, dict(zip("ab", names, strict=True)), tuple(notes)


def listing_notes(folder: Path, listing: Listing) -> list[str]:
    """Return what a listing passed over, in words."""
    notes = [f"{path} may not be read: check its permissions" for path in listing.unreadable]
    if listing.num_ignored:
        notes.append(f"{listing.num_ignored:,} other files in {folder} were ignored")
    return notes


def read_groups(table: Path, sources: Mapping[str, Source]) -> dict[str, int]:
    """Return a group number for each source; a file that the table does not name is its own group.

    Raises:
        UserError: The table cannot be read or lacks the columns file_name and group.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            if not {"file_name", "group"} <= set(rows.fieldnames or ()):
                raise UserError(f"{table} needs columns file_name and group: {rows.fieldnames}.")
            given = {row["file_name"]: row["group"] for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} cannot be read ({error}): name a table in UTF-8.") from None
    numbers: dict[tuple[str, str], int] = {}
    groups = {}
    for key, source in sources.items():
        below = key[2:]
        above = source.path.absolute().parents[len(Path(below).parts) - 1].name
        named = (key, below, f"{above}/{below}", source.path.name)
        group = next((given[name] for name in named if name in given), None)
        label = ("group", group) if group is not None else ("file", key)
        groups[key] = numbers.setdefault(label, len(numbers))
    return groups
