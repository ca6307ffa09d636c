"""Features of files: each decoded once on all cores, and given to the network in batches."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recyclegan import ranks
from recyclegan.cluster.shares import Cluster
from recyclegan.data.manifest import BadFile
from recyclegan.errors import UserError
from recyclegan.features.cache import FeatureCache, Record
from recyclegan.features.extractor import Extractor
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.parallel import in_parallel

BATCH = 4
"""Pictures given to a network at a time.

With more, the layers' outputs exceed 32 MiB; such memory is asked of the system anew each time,
and that costs more than larger batches save.
"""

FEATURES = "features"
"""The name of an extractor's features in a cache."""

OnProgress = Callable[[int, int], None]
"""Told the number of files read and their total."""


@dataclass(frozen=True)
class FeatureSet:
    """The usable pictures of a set, in the order asked for, and their features."""

    paths: tuple[Path, ...]
    sha256: tuple[str, ...]
    """Of each file."""
    features: NDArray[np.float32]
    """(N,D), as the extractor gives them."""
    bad: tuple[BadFile, ...]
    """Files that were left out."""


def read_features(
    paths: Sequence[Path],
    extractor: Extractor,
    cache: FeatureCache,
    *,
    on_progress: OnProgress | None = None,
    cluster: Cluster | None = None,
) -> FeatureSet:
    """Return the features of pictures of any sizes and modes, computing those not in the cache.

    Besides the features (N,D) themselves, no more than a batch of pictures is held in memory.

    Raises:
        UserError: the cache cannot be written.
    """
    found = fill_cache(paths, extractor, cache, on_progress=on_progress, cluster=cluster)
    good = [(path, row) for path, row in zip(paths, found, strict=True) if isinstance(row, str)]
    width = cache[good[0][1]][FEATURES].size if good else 0
    features = np.empty((len(good), width), np.float32)
    for row, (_, digest) in enumerate(good):
        features[row] = cache[digest][FEATURES]
    return FeatureSet(
        tuple(path for path, _ in good),
        tuple(digest for _, digest in good),
        features,
        tuple(row for row in found if isinstance(row, BadFile)),
    )


@dataclass(frozen=True)
class _Picture:
    """A picture that is not in the cache yet."""

    sha256: str
    pixels: NDArray[np.uint8]
    more: Record


def fill_cache(
    paths: Sequence[Path],
    extractor: Extractor,
    cache: FeatureCache,
    *,
    more: Callable[[Image.Image], Record] = lambda image: {},
    min_side: int | None = None,
    on_progress: OnProgress | None = None,
    cluster: Cluster | None = None,
) -> list[str | BadFile]:
    """Put the features of pictures into a cache; return each file's SHA-256, or what is wrong.

    Nothing is decoded that is in the cache; an interruption loses at most the last shard. Under
    torchrun each process does a share, of whole batches, so that features are the same to the bit.

    Args:
        paths: files of any sizes and modes.
        extractor: what gives the features.
        cache: for the identity of the extractor and of all else that is said here.
        more: other arrays to keep of each picture.
        min_side: lets large JPEGs be decoded at a fraction of their size, as `decode_bytes` does.
        on_progress: called after every batch of files, of this process's share.
        cluster: what computes them, if not this process; its machines have to see the files.

    Raises:
        UserError: the cache cannot be written, or is not the same folder for all processes.
    """
    work = partial(_compute, extractor, cache, more, min_side)
    if cluster:
        # Workers may run in another folder, so they get whole paths; errors name those given.
        found = cluster.in_shares(work, [path.absolute() for path in paths], block=BATCH)
        rows = (
            BadFile(path, row.reason) if isinstance(row, BadFile) else row
            for path, row in zip(paths, found, strict=True)
        )
        return list(_kept(rows, len(paths), cache, on_progress))

    def fill(some: Sequence[Path]) -> Iterator[str | BadFile]:
        return _kept(work(some), len(some), cache, on_progress)

    results = list(ranks.in_shares(fill, paths, block=BATCH))
    if ranks.world_size() > 1:
        _take_in(results, cache)
    return results


def _take_in(results: Sequence[str | BadFile], cache: FeatureCache) -> None:
    """Open what other processes have written of these pictures."""
    cache.refresh()
    if any(row not in cache for row in results if isinstance(row, str)):
        raise UserError(
            f"{cache.folder} lacks what other processes computed: name a folder for features that "
            "all machines share."
        )


@dataclass(frozen=True)
class _Features:
    """What was computed of a picture that was not in the cache yet."""

    sha256: str
    record: Record


def _kept(
    rows: Iterable[str | BadFile | _Features],
    num: int,
    cache: FeatureCache,
    on_progress: OnProgress | None,
) -> Iterator[str | BadFile]:
    """Yield the SHA-256 of pictures, or what is wrong, and keep their features in the cache."""
    try:
        for done, row in enumerate(rows, 1):
            if isinstance(row, _Features):
                cache.add(row.sha256, row.record)
            if on_progress and (done % BATCH == 0 or done == num):
                on_progress(done, num)
            yield row.sha256 if isinstance(row, _Features) else row
    finally:
        cache.save()


def _compute(
    extractor: Extractor,
    known: FeatureCache,
    more: Callable[[Image.Image], Record],
    min_side: int | None,
    paths: Sequence[Path],
) -> Iterator[str | BadFile | _Features]:
    """Yield the features of each picture, or its SHA-256 where it is known, or what is wrong.

    Batches are cut by place, so that what is bad or known does not change who is beside whom.
    """

    def read(path: Path) -> str | _Picture | BadFile:
        try:
            content = read_bytes(path)
            digest = hashlib.sha256(content).hexdigest()
            if digest in known:
                return digest
            image = decode_bytes(content, path, min_side)
        except UnreadableImage as error:
            return BadFile(error.path, error.reason)
        return _Picture(digest, extractor.prepare(image), more(image))

    waiting: list[str | BadFile | _Picture] = []
    for done, found in enumerate(in_parallel(read, paths), 1):
        waiting.append(found)
        if done % BATCH == 0 or done == len(paths):
            yield from _extract(waiting, extractor)
            waiting = []


def _extract(
    batch: Sequence[str | BadFile | _Picture], extractor: Extractor
) -> Iterator[str | BadFile | _Features]:
    """Compute the features of pictures; those of one size go through the network together."""
    by_size: Mapping[tuple[int, ...], list[_Picture]] = defaultdict(list)
    for picture in batch:
        if isinstance(picture, _Picture):
            by_size[picture.pixels.shape].append(picture)
    computed: dict[str, NDArray[np.float32]] = {}
    for alike in by_size.values():
        features = extractor.features(np.stack([picture.pixels for picture in alike]))
        computed |= zip((picture.sha256 for picture in alike), features, strict=True)
    for row in batch:
        if isinstance(row, _Picture):
            yield _Features(row.sha256, {FEATURES: computed[row.sha256], **row.more})
        else:
            yield row
