"""The Nexet archive: which frames its table names for two lightings of some cities."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from recyclegan.data.own_folders import listing_notes
from recyclegan.data.preparing import Source
from recyclegan.errors import UserError
from recyclegan.images.listing import list_images, require_folder

COLUMNS = ("image_filename", "lighting", "city")


def nexet_sources(
    root: Path, *, cities: Sequence[str], lightings: tuple[str, str]
) -> tuple[dict[str, Source], tuple[str, ...]]:
    """Return the sources of domains a and b, and notes on rows and frames that were passed over.

    Rows of a file that is not there, further rows of a file and further files of a name are
    sources to be dropped.

    Raises:
        UserError: The table is missing or lacks columns, or a city or lighting is unknown.
    """
    rows = _read(_table(root))
    for flag, column, wanted in (("city", 2, cities), ("a/--b", 1, lightings)):
        known = Counter(row[column] for row in rows)
        for value in wanted:
            if value.lower() not in {k.lower() for k in known}:
                held = ", ".join(f"{k} ({n:,})" for k, n in known.most_common(20))
                raise UserError(f"--{flag} {value} is not in the table: choose of {held}.")
    listing = list_images(root)
    frames: dict[str, list[Path]] = {}
    for frame in listing.paths:
        frames.setdefault(frame.name.lower(), []).append(frame)
    domains = {lighting.lower(): side for side, lighting in zip("ab", lightings, strict=True)}
    chosen = {city.lower() for city in cities}
    sources: dict[str, Source] = {}
    seen: set[str] = set()
    num_others = 0
    for number, (file, lighting, city) in enumerate(rows, 2):
        name = PureWindowsPath(file).name
        first = name.lower() not in seen
        seen.add(name.lower())
        if city.lower() not in chosen or lighting.lower() not in domains:
            num_others += 1
            continue
        paths = frames.get(name.lower(), [])
        dropped = None if paths else "no such file"
        if not first:
            dropped = "row given twice"
        key = name if first else f"{name} (line {number})"
        stem = PureWindowsPath(name).stem
        side = domains[lighting.lower()]
        sources[key] = Source(paths[0] if paths else root / name, side, stem, dropped)
        for path in paths[1:] if first else []:
            # The slash tells it from the name of a row.
            below = f"{root.resolve().name}/{path.relative_to(root).as_posix()}"
            sources[below] = Source(path, side, stem, "second file of that name")
    counts = {
        "rows of other cities or lightings": num_others,
        "frames are not in the table": sum(len(frames[name]) for name in frames.keys() - seen),
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    return sources, (*said, *listing_notes(root, listing))


def _table(root: Path) -> Path:
    require_folder(root)
    tables = [path for place in ("*", "*/*") for path in sorted(root.glob(place))]
    table = next((path for path in tables if path.name.lower() == "train.csv"), None)
    if table is None:
        raise UserError(f"{root} holds no train.csv, nor do its folders: name the archive's.")
    return table


def _read(table: Path) -> list[tuple[str, str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            found = rows.fieldnames or []
            missing = [column for column in COLUMNS if column not in found]
            if missing:
                raise UserError(
                    f"{table} has no column {', '.join(missing)}: it has {', '.join(found)}, "
                    f"and {', '.join(COLUMNS)} are wanted."
                )
            texts = [[(row[c] or "").strip() for c in COLUMNS] for row in rows]
            return [(file, lighting, city) for file, lighting, city in texts]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} is no table in UTF-8 ({error}): save it as one.") from None
