"""One file of pictures as 8-bit pixels, which fills as they come."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from itertools import accumulate
from math import prod
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int]
"""Height, width and channels."""

WRITTEN = 1 << 32
"""Added to a picture's CRC-32: what the file system never wrote reads as zero."""


class PixelFile:
    """Pictures of known shapes by the hash of their content, each at its own place in a file.

    The file has holes until pictures are put in. Ahead of them stands a table with a checksum of
    each, written after its pixels and compared when a sitting first asks for it: a picture that a
    kill or a power failure left half written counts as missing. Processes may fill the same file
    at once, since all write the same. Pixels are mapped into memory, where the system drops them
    when others need it.

    Args:
        path: the file; made where it is missing, its folder too.
        shapes: the shape of every picture; another set of them needs another file.

    Raises:
        OSError: it can be neither opened nor made.
    """

    def __init__(self, path: Path, shapes: Mapping[str, Shape]) -> None:
        digests = sorted(shapes)
        self.shapes = shapes
        self._rows = {digest: row for row, digest in enumerate(digests)}
        sizes = (prod(shapes[digest]) for digest in digests)
        self._starts = list(accumulate(sizes, initial=8 * len(digests)))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Neither truncated nor for appending only, which no mode of open() offers.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        if path.stat().st_size != self._starts[-1]:
            self._file.truncate(self._starts[-1])
        self._bytes = np.memmap(self._file, np.uint8, "r", shape=(self._starts[-1],))
        self._sums = self._bytes[: self._starts[0]].view("<u8")
        self._sound: set[int] = set()
        self._writing = Lock()

    def get(self, digest: str) -> NDArray[np.uint8] | None:
        """Return a picture (H,W,3), or None where it is not in the file or damaged."""
        row = self._rows[digest]
        pixels = self._bytes[self._starts[row] : self._starts[row + 1]]
        if row not in self._sound:
            if int(self._sums[row]) != WRITTEN | zlib.crc32(pixels.data):
                return None
            self._sound.add(row)
        return pixels.reshape(self.shapes[digest])

    def put(self, digest: str, pixels: NDArray[np.uint8]) -> None:
        """Write a picture (H,W,3), contiguous and of the shape foretold.

        Raises:
            OSError: it cannot be written; the picture stays missing.
        """
        assert pixels.shape == self.shapes[digest], f"{pixels.shape}, not {self.shapes[digest]}"
        row = self._rows[digest]
        checksum = WRITTEN | zlib.crc32(pixels.data)
        # Not through the mapping: a full disk would end the process instead of raising an error.
        with self._writing:
            self._write(self._starts[row], pixels.data.cast("B"))
            self._write(8 * row, memoryview(checksum.to_bytes(8, "little")))

    def _write(self, start: int, content: memoryview) -> None:
        self._file.seek(start)
        while content:
            content = content[self._file.write(content) :]
