"""The Nexet archive: which frames its table names for two lightings of some cities."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from recyclegan.data.own_folders import listing_notes
from recyclegan.data.plan import Source
from recyclegan.errors import UserError
from recyclegan.images.listing import list_images, require_folder

COLUMNS = ("image_filename", "lighting", "city")


@dataclass(frozen=True)
class _Row:
    """A row of the table and the number of its line."""

    name: str
    lighting: str
    city: str
    line: int

    @property
    def labels(self) -> str:
        return f"{self.lighting}, {self.city}"


def nexet_sources(
    root: Path, *, cities: Sequence[str], lightings: tuple[str, str]
) -> tuple[dict[str, Source], tuple[str, ...]]:
    """Return the sources of domains a and b, and notes on rows and frames that were passed over.

    Sources to be dropped are: a file that is not there, a further file of a name, a further row of
    a frame, and every row of a frame that the table puts into both domains.

    Raises:
        UserError: The table is missing or lacks columns, or a city or lighting is unknown.
    """
    rows = _read(_table(root))
    for flag, column, wanted in (("city", "city", cities), ("a/--b", "lighting", lightings)):
        _require_known(flag, [getattr(row, column) for row in rows], wanted)
    listing = list_images(root)
    frames: defaultdict[str, list[Path]] = defaultdict(list)
    for frame in listing.paths:
        frames[frame.name.lower()].append(frame)
    named: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        named[row.name.lower()].append(row)
    domains = {lighting.lower(): side for side, lighting in zip("ab", lightings, strict=True)}
    chosen = {city.lower() for city in cities}
    sources: dict[str, Source] = {}
    num_others = 0
    for name, own in named.items():
        sides = {
            row: domains[row.lighting.lower()]
            for row in own
            if row.city.lower() in chosen and row.lighting.lower() in domains
        }
        if sides:
            sources |= _sources_of(root, own, sides, frames.get(name, []))
        else:
            num_others += len(own)
    counts = {
        "rows of other cities or lightings": num_others,
        "frames are not in the table": sum(len(frames[name]) for name in frames.keys() - named),
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    return sources, (*said, *listing_notes(root, listing))


def _sources_of(
    root: Path, rows: Sequence[_Row], sides: Mapping[_Row, str], paths: Sequence[Path]
) -> dict[str, Source]:
    """Return the sources of one frame from all its rows, the domains of the wanted ones, its files.

    Nothing tells which of two domains is right, so a frame of both is in neither. Rows that are
    not wanted have no say in it, but are listed.
    """
    first = next(iter(sides))
    stem = PureWindowsPath(first.name).stem
    path = paths[0] if paths else root / first.name
    torn = len(set(sides.values())) > 1
    sources: dict[str, Source] = {}
    for row in rows:
        dropped: str | None = None
        if row not in sides:
            dropped = "further row of other labels"
        elif torn:
            dropped = "rows of both domains"
        elif row is not first:
            dropped = "row given twice"
        elif not paths:
            dropped = "no such file"
        key = row.name if row is first else f"{row.name} (line {row.line})"
        # Of a file that is not there, its labels say nothing.
        detail = row.labels if dropped and dropped != "no such file" else ""
        sources[key] = Source(path, sides.get(row, sides[first]), stem, dropped, detail)
    for further in paths[1:]:
        # The slash tells it from the name of a row.
        below = f"{root.resolve().name}/{further.relative_to(root).as_posix()}"
        sources[below] = Source(further, sides[first], stem, "second file of that name")
    return sources


def _require_known(flag: str, held: Sequence[str], wanted: Sequence[str]) -> None:
    known = Counter(held)
    for value in wanted:
        if value.lower() not in {name.lower() for name in known}:
            names = ", ".join(f"{name} ({num:,})" for name, num in known.most_common(20))
            raise UserError(f"--{flag} {value} is not in the table: choose of {names}.")


def _table(root: Path) -> Path:
    require_folder(root)
    tables = [path for place in ("*", "*/*") for path in sorted(root.glob(place))]
    table = next((path for path in tables if path.name.lower() == "train.csv"), None)
    if table is None:
        raise UserError(f"{root} holds no train.csv, nor do its folders: name the archive's.")
    return table


def _read(table: Path) -> list[_Row]:
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
            texts = ([(row[c] or "").strip() for c in COLUMNS] for row in rows)
            return [
                _Row(PureWindowsPath(file).name, lighting, city, line)
                for line, (file, lighting, city) in enumerate(texts, 2)
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} is no table in UTF-8 ({error}): save it as one.") from None
