"""The contact sheet of a check: typical and extreme pictures of each domain, and duplicates."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from recyclegan.atomic import write_atomically
from recyclegan.data.checking import CheckResult
from recyclegan.data.examining import Facts
from recyclegan.errors import UserError
from recyclegan.images.decoding import decode_bytes, read_bytes
from recyclegan.images.grid import picture_grid

COLUMNS, SIDE = 6, 128
"""Pictures in a row and the pixels of each one's longer side."""


def refuse_sheet(path: Path, data: Sequence[Path], overwrite: bool) -> None:
    """Pass if a sheet may be written.

    Raises:
        UserError: the path is no .png, lies in the dataset, or is taken.
    """
    if path.suffix.lower() != ".png":
        raise UserError(f"{path} does not end in .png; name the contact sheet so.")
    if not path.parent.is_dir():
        raise UserError(f"No folder {path.parent} for the contact sheet: make it first.")
    if any(path.resolve().is_relative_to(folder.resolve()) for folder in data):
        raise UserError(f"{path} lies within the dataset; name a place outside for the sheet.")
    if path.is_dir() or (path.exists() and not overwrite):
        raise UserError(f"{path} is there already; name another file, or add --overwrite.")


def write_sheet(result: CheckResult, path: Path) -> None:
    """Write the contact sheet of a check as a PNG."""
    rows: dict[str, Sequence[Facts]] = {}
    for domain, name in result.domains.items():
        own = [file for file in result.files if file.domain == domain]
        bright = sorted(own, key=lambda file: file.measures.brightness)
        rows[f"{name}: samples"] = own[:: max(1, len(own) // COLUMNS)]
        rows[f"{name}: darkest"] = bright
        rows[f"{name}: brightest"] = bright[::-1]
        rows[f"{name}: most blurred"] = sorted(own, key=lambda file: file.measures.sharpness)
    for title, groups in (("exact", result.exact), ("near", result.near)):
        rows[f"{title} duplicates"] = [file for group in groups for file in group[:2]]
    full = {title: [_tile(f) for f in row[:COLUMNS]] for title, row in rows.items() if row}
    sheet = io.BytesIO()
    picture_grid(list(full.values()), (), list(full)).save(sheet, "PNG")
    write_atomically(path, sheet.getvalue())


def _tile(file: Facts) -> Image.Image:
    picture = decode_bytes(read_bytes(file.path), file.path, SIDE)
    return ImageOps.contain(picture, (SIDE, SIDE))
