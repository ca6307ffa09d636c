"""Which pictures show the same thing: perceptual hashes, linked where they nearly agree."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from recyclegan.images.decoding import UnreadableImage, decode

HASH_SIDE = 16
"""The hash keeps HASH_SIDE x HASH_SIDE low frequencies of the grey picture, one bit each."""

MAX_DISTANCE = 76
"""Bits of 256 in which near-duplicates may differ; unrelated pictures differ in 128 +- 8."""

BLOCK = 1024
"""Pictures compared with all others at a time, which bounds the memory."""


def near_duplicate_groups(paths: Sequence[Path]) -> NDArray[np.int64]:
    """Return a group number for each picture; what is linked by a chain of likenesses shares one.

    The hash sees the layout of light and dark: copies in another size or format, neighbouring
    video frames and the views of a fixed camera fall together. A file that cannot be read is a
    group of its own. Source: the DCT hash of Zauner, "Implementation and Benchmarking of
    Perceptual Image Hash Functions" (2010), at 256 bits.
    """
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(_signs, paths))
    signs = np.stack(hashes) if hashes else np.zeros((0, HASH_SIDE**2), np.float32)
    # For signs, the product is the number of equal bits less the number of different ones.
    nearest = HASH_SIDE**2 - 2 * MAX_DISTANCE
    links = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(signs), BLOCK):
        near = np.argwhere(signs[start : start + BLOCK] @ signs.T >= nearest)
        links.append(near + np.array((start, 0)))
    rows, columns = np.concatenate(links).T
    shape = (len(signs), len(signs))
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    groups: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups


def _signs(path: Path) -> NDArray[np.float32]:
    """Return the hash as +1 and -1; zeros, which are like nothing, for an unreadable file."""
    try:
        bits = imagehash.phash(decode(path), HASH_SIDE).hash.ravel()
    except UnreadableImage:
        return np.zeros(HASH_SIDE**2, np.float32)
    return np.where(bits, 1, -1).astype(np.float32)
