"""Reading pictures once: their features, brightness, sharpness and content's hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recyclegan.curation.extractors import Extractor, squeezed
from recyclegan.curation.feature_cache import FeatureCache, Record
from recyclegan.data.manifest import BadFile
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.measures import SIDE, measure
from recyclegan.images.parallel import in_parallel

BATCH = 32
"""Pictures given to a network at a time."""


@dataclass(frozen=True)
class _Picture:
    """A picture that is not in the cache yet."""

    sha256: str
    brightness: float
    sharpness: float
    pixels: NDArray[np.uint8]


def read_features(
    paths: Sequence[Path],
    extractor: Extractor,
    cache: FeatureCache,
    *,
    on_progress: Callable[[int, int], None],
) -> list[str | BadFile]:
    """Fill the cache with pictures; return the SHA-256 of each file, or why it cannot be used.

    Files are read and decoded on all cores while the network works. Nothing is decoded that is in
    the cache; an interruption loses at most the last shard.
    """

    def read(path: Path) -> str | _Picture | BadFile:
        try:
            content = read_bytes(path)
            digest = hashlib.sha256(content).hexdigest()
            return digest if digest in cache else _decoded(content, digest, path, extractor.size)
        except UnreadableImage as error:
            return BadFile(error.path, error.reason)

    results: list[str | BadFile] = []
    waiting: list[_Picture] = []
    try:
        for done, found in enumerate(in_parallel(read, paths), 1):
            results.append(found.sha256 if isinstance(found, _Picture) else found)
            if isinstance(found, _Picture):
                waiting.append(found)
            if len(waiting) == BATCH or done == len(paths):
                _extract(waiting, extractor, cache)
                waiting = []
            if done % BATCH == 0 or done == len(paths):
                on_progress(done, len(paths))
    finally:
        cache.save()
    return results


def _decoded(content: bytes, digest: str, path: Path, side: int) -> _Picture:
    # Enough for the network and for the measures, which are taken at this side too.
    image = decode_bytes(content, path, max(side, SIDE))
    measures = measure(image)
    return _Picture(digest, measures.brightness, measures.sharpness, squeezed(image, side))


def _extract(pictures: Sequence[_Picture], extractor: Extractor, cache: FeatureCache) -> None:
    if not pictures:
        return
    features = extractor.features(np.stack([picture.pixels for picture in pictures]))
    for picture, row in zip(pictures, features.astype(np.float16), strict=True):
        cache.add(picture.sha256, Record(row, picture.brightness, picture.sharpness))
