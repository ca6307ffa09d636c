"""Translating files and folders from disk to disk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from PIL import Image

from recyclegan import ranks
from recyclegan.atomic import sha256, write_json
from recyclegan.errors import RunFailed, UserError
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.parallel import across_ranks
from recyclegan.translation.cores import Cores
from recyclegan.translation.cost import COST_FIELDS, translation_cost
from recyclegan.translation.plan import WRITTEN, make_plan
from recyclegan.translation.protocol import TooLarge, Translator

RECORD = "translation.json"
MODEL = ("model_sha256", "variant", "step", "direction")
"""What the record says of the model that made the pictures."""


@dataclass
class Counts:
    """What became of the pictures of one translation."""

    found: int = 0
    ignored: int = 0
    translated: int = 0
    kept: int = 0
    renamed: list[Path] = field(default_factory=list)
    failed: list[UnreadableImage] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Width and height of those translated."""
    seconds: list[float] = field(default_factory=list)
    """How long each took, without reading and writing: of a share of the cores, that share."""


def translate_path(
    translator: Translator,
    source: str | Path,
    out: str | Path,
    *,
    overwrite: bool = False,
    extension: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Counts:
    """Translate a picture or a folder of them; results keep relative names, sizes and order.

    Several are in work at once, each on cores of its own, as far as the memory allows.
    Results that are there already are kept unless `overwrite`; `extension` (".png") changes the
    format of all. A source that cannot be read is listed in `failed`, a result whose name another
    one has already in `renamed`. Beside the results of a folder, `translation.json` says what made
    them. Under torchrun each process translates a share, of which `on_progress` is told, and all
    return the counts of the whole.

    Raises:
        UserError: no such source, no picture in it, `out` would mix with the source, or it holds
            what another model or direction made.
        RunFailed: a result cannot be written; those before it are whole.
    """
    source, out = Path(source), Path(out)
    plan = make_plan(source, out, extension)
    maker = _maker(translator)
    if source.is_dir() and not overwrite:
        _refuse_mixture(out, maker)
    counts = Counts(found=len(plan.pairs), ignored=plan.num_ignored)
    for folder in plan.unreadable:
        counts.failed.append(UnreadableImage(folder, "a folder that may not be read"))
    with Cores(len(plan.pairs)) as cores:
        found = across_ranks(
            partial(_translate, translator, cores, overwrite),
            plan.pairs,
            num_workers=cores.num_workers,
            on_progress=on_progress,
        )
        for (picture, result), made in zip(plan.pairs, found, strict=True):
            if result.stem != picture.stem:
                counts.renamed.append(result)
            if made is None:
                counts.kept += 1
            elif isinstance(made, UnreadableImage):
                counts.failed.append(made)
            else:
                counts.translated += 1
                counts.sizes[made.size] += 1
                counts.seconds.append(made.seconds)
    if source.is_dir() and ranks.is_first():
        made_in = {"precision": translator.precision}
        _record(out, source, maker | made_in | _cost(translator, out, counts), counts)
    return counts


@dataclass(frozen=True)
class _Made:
    """A result that was written: its (width, height), and what of this machine's time it took."""

    size: tuple[int, int]
    seconds: float


def _translate(
    translator: Translator, cores: Cores, overwrite: bool, pair: tuple[Path, Path]
) -> _Made | UnreadableImage | None:
    """Translate one picture from disk to disk; None where the result is there and is kept."""
    picture, result = pair
    if result.is_file() and not overwrite:
        return None
    try:
        decoded = decode(picture)
    except UnreadableImage as error:
        return error
    with cores.taken(translator.num_bytes(decoded.size)) as share:
        begin = perf_counter()
        try:
            translated = translator(decoded)
        except TooLarge as error:
            return UnreadableImage(picture, str(error))
        seconds = (perf_counter() - begin) * share
    _write(translated, result)
    return _Made(decoded.size, seconds)


def read_record(folder: Path) -> dict[str, Any]:
    """Return what a folder's `translation.json` says, or nothing where there is no sound one."""
    try:
        record = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _maker(translator: Translator) -> dict[str, Any]:
    """Return what tells one translation from another."""
    return {
        "model_sha256": sha256(translator.path),
        "variant": translator.variant,
        "step": translator.step,
        "direction": translator.direction,
        "from": translator.source,
        "to": translator.target,
        **translator.made_with,
    }


def _refuse_mixture(out: Path, maker: dict[str, Any]) -> None:
    """Keep results of two models or directions out of one folder, where no one could tell them."""
    before = read_record(out)
    if before and any(before.get(name) != value for name, value in maker.items()):
        step = "" if before.get("step") is None else f" at step {before['step']}"
        raise UserError(
            f"{out} holds what {before.get('variant')} made{step} "
            f"({before.get('from')} → {before.get('to')}); name another folder, or --overwrite."
        )


def _write(picture: Image.Image, result: Path) -> None:
    """Write a result under a temporary name first: a cut must not leave half a picture."""
    temporary = result.with_name(f".{result.stem}.writing{result.suffix}")
    try:
        result.parent.mkdir(parents=True, exist_ok=True)
        picture.save(temporary, **WRITTEN[result.suffix.lower()])
        temporary.replace(result)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _unwritable(result, error) from None


def _cost(translator: Translator, out: Path, counts: Counts) -> dict[str, Any]:
    """Return what this translation cost, or the one before where nothing was left to translate."""
    if counts.seconds:
        size = counts.sizes.most_common(1)[0][0]
        return translation_cost(translator.cost(size), size, counts.seconds)
    before = read_record(out)
    return {name: before[name] for name in COST_FIELDS if name in before}


def _record(out: Path, source: Path, maker: dict[str, Any], counts: Counts) -> None:
    record = maker | {
        "source": str(source.absolute()),
        "found": counts.found,
        "translated": counts.translated,
        "kept": counts.kept,
        "failed": [{"path": str(error.path), "reason": error.reason} for error in counts.failed],
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / RECORD, record)
    except OSError as error:
        raise _unwritable(out, error) from None


def _unwritable(path: Path, error: OSError) -> RunFailed:
    reason = error.strerror or error
    return RunFailed(f"{path} cannot be written ({reason}); name another folder, or make room.")
