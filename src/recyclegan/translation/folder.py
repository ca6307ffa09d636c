"""Translating files and folders from disk to disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.errors import RunFailed, UserError
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.listing import EXTENSIONS, list_images
from recyclegan.translation.translator import PictureTranslator

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


@dataclass
class Counts:
    """What became of the pictures of one translation."""

    found: int = 0
    translated: int = 0
    kept: int = 0
    failed: list[UnreadableImage] = field(default_factory=list)


def translate_path(
    translator: PictureTranslator,
    source: str | Path,
    out: str | Path,
    *,
    overwrite: bool = False,
    extension: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Counts:
    """Translate a picture or a folder of them; results keep relative names, sizes and order.

    Results that are there already are kept unless `overwrite`; `extension` (".png") changes the
    format of all. A source that cannot be read is listed in `failed`. Beside the results of a
    folder, `translation.json` says what made them.

    Raises:
        UserError: no such source, no picture in it, or `out` would mix with the source.
        RunFailed: a result cannot be written; those before it are whole.
    """
    source, out = Path(source), Path(out)
    plan = _plan(source, out, extension)
    counts = Counts(found=len(plan))
    for done, (picture, result) in enumerate(plan):
        if result.exists() and not overwrite:
            counts.kept += 1
        else:
            try:
                translated = translator(decode(picture))
            except UnreadableImage as error:
                counts.failed.append(error)
            else:
                _write(translated, result)
                counts.translated += 1
        if on_progress:
            on_progress(done + 1, len(plan))
    if source.is_dir():
        _record(translator, source, out, counts)
    return counts


def _plan(source: Path, out: Path, extension: str | None) -> list[tuple[Path, Path]]:
    """Return each picture with the path of its result."""
    if source.is_file():
        if out.suffix.lower() in EXTENSIONS - WRITTEN.keys():
            raise UserError(f"{out.suffix} is not written; end {out.name} in {', '.join(WRITTEN)}.")
        result = out if out.suffix.lower() in WRITTEN else out / _name(Path(source.name), extension)
        if result.resolve() == source.resolve():
            raise UserError(f"{out} is the picture itself; name another place for the result.")
        return [(source, result)]
    if out.is_file():
        raise UserError(f"{out} is a file; name a folder for the results of {source}.")
    if out.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{out} lies within {source}; name a folder beside it for the results.")
    pictures = list_images(source).paths
    if not pictures:
        raise UserError(f"{source} holds no picture; name a folder that does, or a picture.")
    taken: set[Path] = set()
    plan = []
    for picture in pictures:
        relative = picture.relative_to(source)
        name = _name(relative, extension)
        if name in taken:
            # Another picture of that name in another format: keep both, each with its own.
            name = relative.with_name(relative.name + name.suffix)
        taken.add(name)
        plan.append((picture, out / name))
    return plan


def _name(relative: Path, extension: str | None) -> Path:
    kept = relative.suffix if relative.suffix.lower() in WRITTEN else ".png"
    return relative.with_suffix(extension or kept)


def _write(picture: Image.Image, result: Path) -> None:
    """Write a result under a temporary name first: a cut must not leave half a picture."""
    temporary = result.with_name(f".{result.stem}.writing{result.suffix}")
    try:
        result.parent.mkdir(parents=True, exist_ok=True)
        picture.save(temporary, **WRITTEN[result.suffix.lower()])
        temporary.replace(result)
    except OSError as error:
        raise RunFailed(f"{result} cannot be written ({error.strerror or error}).") from None
    finally:
        temporary.unlink(missing_ok=True)


def _record(translator: PictureTranslator, source: Path, out: Path, counts: Counts) -> None:
    record = {
        "model": str(translator.path.resolve()),
        "variant": translator.info.variant,
        "step": translator.info.step,
        "direction": translator.direction,
        "from": translator.source,
        "to": translator.target,
        "source": str(source.resolve()),
        "found": counts.found,
        "translated": counts.translated,
        "kept": counts.kept,
        "failed": [{"path": str(error.path), "reason": error.reason} for error in counts.failed],
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "translation.json", record)
    except OSError as error:
        raise RunFailed(f"{out} cannot be written ({error.strerror or error}).") from None
