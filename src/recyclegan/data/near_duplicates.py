"""Which pictures show the same thing: edge directions, linked where they are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from recyclegan.data.edge_directions import NUM_FEATURES, SIDE, edge_directions
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.parallel import in_parallel

NEAR = 0.35
"""Likeness of near-duplicates: copies, neighbouring frames, one camera's pictures of one light."""

SAME_CAMERA = 0.2
"""Likeness of one fixed camera's pictures by day and by night. Streets seen from moving cameras
can be as alike as that, and chains of them fall into one group."""

BLOCK = 2048
"""Pictures compared with as many others at a time, which bounds the memory."""


def near_duplicate_groups(
    paths: Sequence[Path],
    *,
    likeness: float = NEAR,
    on_progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.int64]:
    """Return a group number for each picture; what is linked by a chain of likenesses shares one.

    A picture that is flat or cannot be read is a group of its own. Memory is 16 kB a picture, in
    half precision, and about 100 MB for the comparison.
    """
    features = np.zeros((len(paths), NUM_FEATURES), np.float16)
    for index, row in enumerate(in_parallel(_features, paths)):
        features[index] = row
        if on_progress:
            on_progress(index + 1, len(paths))
    return linked_groups(features, likeness)


def linked_groups(features: NDArray[np.float16], likeness: float) -> NDArray[np.int64]:
    """Return the connected components of vectors (N, D) whose products reach `likeness`.

    All pairs are compared, a block at a time; only links between groups not yet joined are held.
    """
    groups = np.arange(len(features))
    for start in range(0, len(features), BLOCK):
        rows = features[start : start + BLOCK].astype(np.float32)
        for other in range(start, len(features), BLOCK):
            columns = features[other : other + BLOCK].astype(np.float32)
            near = rows @ columns.T >= likeness
            here, there = groups[start : start + BLOCK], groups[other : other + BLOCK]
            first, second = np.nonzero(near & (here[:, None] != there))
            groups = _joined(groups, here[first], there[second])
    return groups.astype(np.int64)


def _joined(
    groups: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the groups after joining first[i] with second[i] for every i."""
    if not len(first):
        return groups
    num = len(groups)
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(num, num))
    components: NDArray[np.int64] = connected_components(links, directed=False)[1]
    return components[groups]


def _features(path: Path) -> NDArray[np.float16]:
    """Return the features; zeros, which are like nothing, for an unreadable file."""
    try:
        return edge_directions(decode_bytes(read_bytes(path), path, min_side=2 * SIDE))
    except UnreadableImage:
        return np.zeros(NUM_FEATURES, np.float16)
