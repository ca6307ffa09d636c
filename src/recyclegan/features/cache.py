"""What was computed of pictures, kept by their content so that nothing is computed twice."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from recyclegan.atomic import sha256, write_synced
from recyclegan.errors import UserError
from recyclegan.user_cache import user_cache_dir

SHARD = 256
"""Pictures in a file: what an interruption costs at most."""

Record = Mapping[str, NDArray[Any]]
"""Named arrays of one picture; the same names, shapes and types for every picture of a cache."""

KEYS = "sha256"


def default_cache_dir() -> Path:
    """Return where features of all data are kept: recyclegan/features in the user's cache."""
    return user_cache_dir() / "features"


class FeatureCache:
    """Named arrays by the SHA-256 of a picture's file, in shards that are only ever added.

    Shards lie in a folder named after the identity of what made them, so other weights or another
    recipe never meet these arrays. A shard is named after the hash of its content: processes that
    write at the same time never overwrite each other, and a damaged one counts as missing. Only
    the keys are held in memory; arrays are read from the disk when asked for.
    """

    def __init__(self, cache_dir: Path, identity: Mapping[str, Any]) -> None:
        self._made_of = (cache_dir, identity)
        words = json.dumps(identity, sort_keys=True).encode()
        name = f"{identity['extractor']}-{hashlib.sha256(words).hexdigest()[:12]}"
        self.folder = cache_dir / name.replace("/", "_")
        self._places: dict[str, tuple[_Shard, int]] = {}
        self._unsaved: dict[str, Record] = {}
        self._shards: set[Path] = set()
        self.refresh()

    def refresh(self) -> None:
        """Take in what other processes have written."""
        for path in sorted(self.folder.glob("*.safetensors")):
            if path not in self._shards:
                self._open(path)

    def __reduce__(self) -> tuple[type[FeatureCache], tuple[Path, Mapping[str, Any]]]:
        """Be opened anew by a process that gets a copy: it knows what was saved, if it sees it."""
        return FeatureCache, self._made_of

    def __contains__(self, digest: str) -> bool:
        if digest in self._unsaved:
            return True
        shard, _ = self._places.get(digest, (None, 0))
        return shard is not None and shard.is_sound

    def __getitem__(self, digest: str) -> Record:
        if digest in self._unsaved:
            return self._unsaved[digest]
        shard, row = self._places[digest]
        return shard.record(row)

    def add(self, digest: str, record: Record) -> None:
        """Keep the arrays of a picture; every so many pictures are written."""
        self._unsaved[digest] = record
        if len(self._unsaved) >= SHARD:
            self.save()

    def save(self) -> None:
        """Write what is not yet written.

        Raises:
            UserError: it cannot be written; names the folder.
        """
        if not self._unsaved:
            return
        keys = [np.frombuffer(bytes.fromhex(digest), np.uint8) for digest in self._unsaved]
        records = list(self._unsaved.values())
        columns = {name: np.stack([record[name] for record in records]) for name in records[0]}
        content = save({KEYS: np.stack(keys), **columns})
        path = self.folder / f"{hashlib.sha256(content).hexdigest()}.safetensors"
        temporary = self.folder / f".{uuid.uuid4().hex}.writing"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_synced(temporary, content)
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise UserError(
                f"Features cannot be kept in {self.folder} ({error.strerror}): make room there, or "
                "choose another folder."
            ) from None
        self._open(path)
        self._unsaved = {}

    def _open(self, path: Path) -> None:
        self._shards.add(path)
        shard = _Shard(path)
        for row, key in enumerate(shard.keys):
            self._places[key.tobytes().hex()] = (shard, row)


class _Shard:
    """A file of arrays, one row a picture."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: NDArray[np.uint8] = np.empty((0, 32), np.uint8)
        # What is not even readable has no keys: its pictures are read again.
        with suppress(SafetensorError, OSError):
            self._file: Any = safe_open(path, "np")
            self.keys = self._file.get_tensor(KEYS)  # type: ignore[no-untyped-call]

    @cached_property
    def is_sound(self) -> bool:
        """Whether the content is what its name says; found out when a row is first wanted.

        A damaged file is removed, so that it does not hide what replaces it.
        """
        with suppress(OSError):
            if sha256(self.path) == self.path.stem:
                return True
            self.path.unlink()
        return False

    def record(self, row: int) -> Record:
        """Return the arrays of the picture in this row."""
        names = (name for name in self._file.keys() if name != KEYS)  # noqa: SIM118
        return {name: self._file.get_slice(name)[row] for name in names}
