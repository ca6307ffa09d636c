"""A trained model as a folder to hand on: tensors, configuration, card and sample."""

from __future__ import annotations

import io
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from PIL import Image

from recyclegan.atomic import sha256, write_atomically, write_json
from recyclegan.checkpoint.adapter import is_adapter, read_model
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import generators_bytes, read_info
from recyclegan.checkpoint.hub import CARD, CONFIG, SAMPLE, SHARED, check_shared
from recyclegan.checkpoint.store import GENERATORS
from recyclegan.config.plain import to_plain
from recyclegan.errors import UserError
from recyclegan.runs.run_dir import FORMAT
from recyclegan.sharing.card import card
from recyclegan.sharing.facts import Facts, facts_of, facts_of_info, portable, run_of

SAMPLE_SIDE = 1280
UNKNOWN_LICENSE = "unknown"


def save_pretrained(
    run_or_model: str | Path,
    out: str | Path,
    *,
    license_name: str = UNKNOWN_LICENSE,
    sample: bool = True,
    address: str | None = None,
    base: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write generators.safetensors, config.json, README.md and a sample; return the folder.

    No path of this machine is written into them. An adapter is merged with its base.

    Args:
        run_or_model: a run, a checkpoint folder, a generators or adapter file, or hub://owner/name.
        out: the folder.
        license_name: as the Hub calls it: "mit", "cc-by-4.0", ...
        sample: whether the run's last sample grid, which shows pictures of the data, goes along.
        address: owner/name on the Hub, for the card's commands.
        base: of an adapter: its base, where that is no longer at its place of then.
        overwrite: whether files of such names are replaced.

    Raises:
        UserError: there is no model, or the place is taken or cannot be written.
    """
    path, folder = find_generators(Path(run_or_model)), Path(out)
    _check_place(folder, overwrite)
    content = generators_bytes(*read_model(path, base)) if is_adapter(path) else path.read_bytes()
    picture = _sample(path) if sample else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / GENERATORS, content)
        facts = _facts(path, folder / GENERATORS)
        write_json(folder / CONFIG, _config(path, facts))
        if picture:
            write_atomically(folder / SAMPLE, picture)
        else:
            (folder / SAMPLE).unlink(missing_ok=True)
        text = card(facts, license_name=license_name, has_sample=bool(picture), address=address)
        write_atomically(folder / CARD, text.encode())
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror or error}); name another folder."
        ) from None
    check_shared(folder)
    return folder


def _check_place(folder: Path, overwrite: bool) -> None:
    if folder.is_file():
        raise UserError(f"{folder} is a file; name a folder.")
    if not folder.is_dir() or not (names := {entry.name for entry in folder.iterdir()}):
        return
    if not overwrite:
        raise UserError(f"{folder} is not empty; name another folder, or give --overwrite.")
    foreign = sorted(name for name in names - set(SHARED) if not name.startswith("."))
    if foreign:
        raise UserError(
            f"{folder} holds more than a shared model ({foreign[0]}); name another folder."
        )


def _facts(source: Path, written: Path) -> Facts:
    """Return the facts of what was written; those of its source where it is the same file."""
    if is_adapter(source):
        return facts_of_info(written, read_info(written))
    facts = facts_of(source)
    return replace(facts, sha256=sha256(written), num_bytes=written.stat().st_size)


def _config(path: Path, facts: Facts) -> dict[str, Any]:
    """Return config.json in the form of a run's, so that a model can be adapted with its recipe."""
    found = run_of(path)
    trained = {"config": to_plain(portable(found[1].config))} if found else {}
    return {
        "format": FORMAT,
        "data": [],
        "domains": dict(facts.domains),
        **trained,
        "shared": asdict(facts),
    }


def _sample(path: Path) -> bytes | None:
    """Return the last sample grid of a run, or the sample of a shared folder, as a JPEG."""
    found = run_of(path)
    grids = sorted((found[0].path / "samples").glob("step-*.png")) if found else []
    place = grids[-1] if grids else path.parent / SAMPLE
    if not place.is_file():
        return None
    with Image.open(place) as grid:
        picture = grid.convert("RGB")
    picture.thumbnail((SAMPLE_SIDE, SAMPLE_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
