"""Training pictures decoded and resized once, and kept as 8-bit pixels."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import prod
from pathlib import Path
from threading import Lock

import numpy as np
import PIL
from numpy.typing import NDArray

from recyclegan.data.manifest import Entry
from recyclegan.data.pixel_file import PixelFile, Shape
from recyclegan.errors import RunFailed
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.resizing import resize_short_side, size_at_short_side

MEMORY = 512 * 2**20
"""Bytes of pixels that are held in memory; a larger set goes to a file."""

RECIPE = 1
"""To be raised when decoding or resizing changes: older files are then passed over."""

UNUSED_DAYS = 30
"""Days after which a file that no training has opened is removed."""


class DecodedPictures:
    """The pixels of each picture at one short side, computed when they are first asked for.

    All are held in memory if they fit into `memory` bytes; else they go to a file in `folder`,
    which later sittings and other trainings on the same pictures find. Where the file cannot be
    made or grow, as many as fit are held in memory and the rest is decoded each time; `say` is
    told so. Threads may ask at the same time.

    Args:
        entries: content and size of every picture, by its path.
        short_side: short side of the kept pictures in pixels.
        folder: where the file goes.
        say: takes a sentence for people.
        memory: bytes of pixels that may be held in memory.
    """

    def __init__(
        self,
        entries: Mapping[Path, Entry],
        short_side: int,
        *,
        folder: Path,
        say: Callable[[str], None],
        memory: int = MEMORY,
    ) -> None:
        self.entries = entries
        self.short_side = short_side
        self.say = say
        self.free = memory
        self._held: dict[str, NDArray[np.uint8]] = {}
        self._lock = Lock()
        shapes = {entry.sha256: _shape(entry, short_side) for entry in entries.values()}
        self._file = None if _size(shapes) <= memory else self._open(folder, shapes)
        self._grows = self._file is not None

    def pixels(self, path: Path) -> NDArray[np.uint8]:
        """Return a picture (H,W,3) in RGB, not to be written to.

        Raises:
            RunFailed: the file has vanished, has changed or can no longer be read; names it.
        """
        digest = self.entries[path].sha256
        pixels = self._held.get(digest)
        if pixels is None and self._file is not None:
            pixels = self._file.get(digest)
        if pixels is None:
            pixels = self._decode(path)
            self._keep(digest, pixels)
        return pixels

    def _decode(self, path: Path) -> NDArray[np.uint8]:
        try:
            content = read_bytes(path)
            if hashlib.sha256(content).hexdigest() != self.entries[path].sha256:
                raise UnreadableImage(path, "the file has changed")
            image = resize_short_side(decode_bytes(content, path), self.short_side)
        except UnreadableImage as error:
            raise RunFailed(f"{error}; it was a good picture when training began.") from None
        return np.asarray(image)

    def _keep(self, digest: str, pixels: NDArray[np.uint8]) -> None:
        with self._lock:
            if self._file is not None and self._grows:
                try:
                    return self._file.put(digest, pixels)
                except OSError as error:
                    self._grows = False
                    self._say_why(error.strerror or str(error))
            # Nothing is dropped for it: pictures come in rounds, which would empty any memory
            # just too small.
            if digest not in self._held and pixels.nbytes <= self.free:
                self._held[digest] = pixels
                self.free -= pixels.nbytes

    def _open(self, folder: Path, shapes: Mapping[str, Shape]) -> PixelFile | None:
        """Open the file of these pictures; None, and a sentence, where there is no room for it."""
        identity = [RECIPE, PIL.__version__, self.short_side, sorted(shapes)]
        name = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
        path, size = folder / f"{name}.pixels", _size(shapes)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _remove_unused(folder, but=path)
            if not path.exists() and shutil.disk_usage(folder).free < 2 * size:
                self._say_why(f"{size / 1e9:.1f} GB would be more than half of what is free")
                return None
            file = PixelFile(path, shapes)
            path.touch()
        except OSError as error:
            self._say_why(f"{folder}: {error.strerror or error}")
            return None
        self.say(
            f"Decoded pictures are kept in {path} (up to {size / 1e9:.1f} GB), which may be "
            "deleted at any time."
        )
        return file

    def _say_why(self, reason: str) -> None:
        self.say(
            f"Decoded pictures cannot all be kept ({reason}): beyond {self.free / 1e6:.0f} MB they "
            "are decoded again in each epoch, which is slower; make room, or set XDG_CACHE_HOME."
        )


def _shape(entry: Entry, short_side: int) -> Shape:
    width, height = size_at_short_side(entry.size, short_side)
    return height, width, 3


def _size(shapes: Mapping[str, Shape]) -> int:
    return sum(map(prod, shapes.values()))


def _remove_unused(folder: Path, but: Path) -> None:
    oldest = time.time() - UNUSED_DAYS * 86400
    for path in folder.glob("*.pixels"):
        with suppress(OSError):
            if path != but and path.stat().st_mtime < oldest:
                path.unlink()
