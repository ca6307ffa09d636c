"""Two folders of anyone's pictures as sources, and the groups that a table gives them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from recyclegan.data.preparing import Source
from recyclegan.errors import UserError
from recyclegan.images.listing import list_images


def folder_sources(a_dir: Path, b_dir: Path) -> tuple[dict[str, Source], dict[str, str]]:
    """Return the sources in two folders, by domain and path below it, and the domains' names.

    Of two files whose names differ in their ending alone, the second keeps it within its name.
    """
    names = [folder.resolve().name for folder in (a_dir, b_dir)]
    if names[0] == names[1]:
        names = ["a", "b"]
    sources: dict[str, Source] = {}
    for side, folder in (("a", a_dir), ("b", b_dir)):
        taken: set[str] = set()
        for path in list_images(folder).paths:
            below = path.relative_to(folder)
            name = below.with_suffix("").as_posix()
            if name.lower() in taken:
                name = below.as_posix()
            taken.add(name.lower())
            sources[f"{side}/{below.as_posix()}"] = Source(path, side, name)
    return sources, dict(zip("ab", names, strict=True))


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
        group = given.get(key, given.get(key[2:], given.get(source.path.name)))
        label = ("group", group) if group is not None else ("file", key)
        groups[key] = numbers.setdefault(label, len(numbers))
    return groups
