"""Which picture becomes which file: names stay, formats stay where they can, nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recyclegan.errors import UserError
from recyclegan.images.listing import EXTENSIONS, list_images

WRITTEN: dict[str, dict[str, Any]] = {
    ".png": {},
    ".bmp": {},
    ".tif": {},
    ".tiff": {},
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"lossless": True},
}
"""Formats that results keep, with their settings; a picture of any other becomes a PNG."""


@dataclass(frozen=True)
class Plan:
    """Each picture with the path of its result, in order, and what was passed over."""

    pairs: tuple[tuple[Path, Path], ...]
    num_ignored: int = 0
    unreadable: tuple[Path, ...] = ()
    """Sub-folders that may not be looked into."""


def make_plan(source: Path, out: Path, extension: str | None) -> Plan:
    """Return what a translation of a picture or of a folder of them will read and write.

    Raises:
        UserError: no such source, no picture in it, or `out` would mix with the source.
    """
    if source.is_file():
        return Plan(((source, _single(source, out, extension)),))
    if out.is_file():
        raise UserError(f"{out} is a file; name a folder for the results of {source}.")
    listing = list_images(source)
    if out.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{out} lies within {source}; name a folder beside it for the results.")
    if not listing.paths:
        raise UserError(f"{source} holds no picture; name a folder that does, or a picture.")
    names = result_names([path.relative_to(source) for path in listing.paths], extension)
    pairs = tuple(zip(listing.paths, (out / name for name in names), strict=True))
    return Plan(pairs, listing.num_ignored, listing.unreadable)


def result_names(pictures: Sequence[Path], extension: str | None) -> list[Path]:
    """Return the name of each picture's result; no two are the same."""
    taken: set[Path] = set()
    names = []
    for picture in pictures:
        name = _name(picture, extension)
        if name in taken:
            # Another picture of that name in another format: keep both, each with its own.
            name = picture.with_name(picture.name + name.suffix)
        taken.add(name)
        names.append(name)
    return names


def _single(source: Path, out: Path, extension: str | None) -> Path:
    ending = out.suffix.lower()
    if out.is_dir() or ending not in EXTENSIONS:
        result = out / _name(Path(source.name), extension)
    elif ending not in WRITTEN or extension not in (None, ending):
        wanted = extension or ", ".join(WRITTEN)
        raise UserError(f"{out.name} does not end in {wanted}; name the result so.")
    else:
        result = out
    if result.resolve() == source.resolve():
        raise UserError(f"{out} is the picture itself; name another place for the result.")
    if out.is_file() and result != out:
        raise UserError(f"{out} is a file and no picture; name a folder or a picture to write.")
    return result


def _name(relative: Path, extension: str | None) -> Path:
    kept = relative.suffix if relative.suffix.lower() in WRITTEN else ".png"
    return relative.with_suffix(extension or kept)
