"""Writing files so that a kill or a full disk leaves either the old content or the new."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file's content in one step: a temporary file beside it, synced, then renamed."""
    temporary = path.with_name(f".{path.name}.writing")
    try:
        write_synced(temporary, content)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, values: Any) -> None:
    """Write strict JSON (no NaN, no infinity) atomically."""
    write_atomically(path, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
