"""A folder that appears under its name only when it is complete."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from recyclegan.atomic import write_json
from recyclegan.errors import UserError

SETTINGS = ".settings.json"
"""What a resumable folder was begun with. Hidden files like this are gone when it is complete."""


@contextmanager
def complete_folder(
    out_dir: Path, *, marker: str, parts: Set[str], overwrite: bool
) -> Iterator[Path]:
    """Give a hidden folder beside `out_dir` to fill, and rename it once the block has ended well.

    A block that fails leaves `out_dir` as it was. What is replaced under `overwrite` is deleted
    last, and only if it has the file `marker` and nothing but that and `parts`.

    Raises:
        UserError: The folder is in use, or its parent cannot be written to.
    """
    out_dir = out_dir.absolute()
    _require_free(out_dir, marker, parts, overwrite)
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(
            tempfile.mkdtemp(prefix=f".{out_dir.name}.", suffix=".part", dir=out_dir.parent)
        )
    except OSError as error:
        raise UserError(
            f"{out_dir} cannot be written ({error.strerror}): choose a folder of your own."
        ) from error
    try:
        yield temporary
        _put_in_place(temporary, out_dir)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def resumable_folder(
    out_dir: Path, *, settings: Mapping[str, Any], marker: str, parts: Set[str], overwrite: bool
) -> Iterator[Path]:
    """Give a hidden folder beside `out_dir` that an interrupted block left behind, or a new one.

    As `complete_folder`, except that what a failed block has made stays for the next one with the
    same `settings` (plain JSON); other settings begin anew.

    Raises:
        UserError: The folder is in use or being made, or its parent cannot be written to.
    """
    out_dir = out_dir.absolute()
    _require_free(out_dir, marker, parts, overwrite)
    temporary = out_dir.with_name(f".{out_dir.name}.part")
    lock = FileLock(out_dir.with_name(f".{out_dir.name}.lock"), timeout=0)
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        if _settings_of(temporary) != json.loads(json.dumps(settings)):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            write_json(temporary / SETTINGS, settings)
    except Timeout:
        raise UserError(f"{out_dir} is being made by another process: wait for it.") from None
    except OSError as error:
        raise UserError(
            f"{out_dir} cannot be written ({error.strerror}): choose a folder of your own."
        ) from error
    try:
        yield temporary
        for notes in temporary.glob(".*"):
            notes.unlink()
        _put_in_place(temporary, out_dir)
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def _settings_of(folder: Path) -> Any:
    try:
        return json.loads((folder / SETTINGS).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _require_free(out_dir: Path, marker: str, parts: Set[str], overwrite: bool) -> None:
    """Refuse a target that holds anything, unless it is a set that may be replaced."""
    if out_dir.exists() and not out_dir.is_dir():
        raise UserError(f"{out_dir} is a file: name a folder.")
    names = {path.name for path in out_dir.iterdir()} if out_dir.exists() else set()
    if not names:
        return
    foreign = sorted(names - parts - {marker})
    if marker not in names or foreign:
        found = f"{foreign[0]}, which is no part of a set" if foreign else f"no {marker}"
        raise UserError(
            f"{out_dir} is in use ({found}) and is not deleted, not even with --overwrite: "
            "choose another folder."
        )
    if not overwrite:
        raise UserError(
            f"{out_dir} already holds a set: choose another folder, or replace it with --overwrite."
        )


def _put_in_place(temporary: Path, out_dir: Path) -> None:
    """Move the complete folder to its name, and only then delete the one that it replaces."""
    temporary.chmod(0o755)  # mkdtemp makes folders for their owner alone
    if not out_dir.exists():
        temporary.rename(out_dir)
        return
    old = temporary.with_suffix(".old")
    out_dir.rename(old)
    try:
        temporary.rename(out_dir)
    except OSError:
        old.rename(out_dir)
        raise
    shutil.rmtree(old)
