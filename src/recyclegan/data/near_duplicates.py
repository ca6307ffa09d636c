"""Which pictures show the same thing: edge directions, linked where they are alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from recyclegan import ranks
from recyclegan.data.edge_directions import NUM_FEATURES, SIDE, edge_directions
from recyclegan.data.stages import Progress
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.parallel import across_ranks

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
    on_progress: Progress | None = None,
) -> NDArray[np.int64]:
    """Return a group number for each picture; what is linked by a chain of likenesses shares one.

    A picture that is flat or cannot be read is a group of its own. Memory is that of
    `features_of_files` and about 100 MB for the comparison.
    """
    features = features_of_files(paths, on_progress=on_progress)
    return ranks.on_first(lambda: linked_groups(features, likeness))


def features_of_files(
    paths: Sequence[Path], *, on_progress: Progress | None = None
) -> NDArray[np.float16]:
    """Return the features (N, NUM_FEATURES) of files: 16 kB each, zeros for what is unreadable."""
    features = np.zeros((len(paths), NUM_FEATURES), np.float16)
    for index, row in enumerate(across_ranks(_features, paths, on_progress=on_progress)):
        features[index] = row
    return features


def features_of_content(content: bytes, path: Path) -> NDArray[np.float16]:
    """Return the features (NUM_FEATURES,) of a file's content; `path` is named in errors.

    Raises:
        UnreadableImage: the content is no complete picture.
    """
    return edge_directions(decode_bytes(content, path, min_side=2 * SIDE))


def linked_groups(
    features: NDArray[np.float16], likeness: float, *, on_progress: Progress | None = None
) -> NDArray[np.int64]:
    """Return the connected components of vectors (N, D) whose products reach `likeness`.

    All pairs are compared, a block at a time; only links between groups not yet joined are held.
    """
    groups = np.arange(len(features))
    blocks = [slice(start, start + BLOCK) for start in range(0, len(features), BLOCK)]
    pairs = list(combinations_with_replacement(blocks, 2))
    for done, (some, others) in enumerate(pairs, 1):
        near = features[some].astype(np.float32) @ features[others].astype(np.float32).T >= likeness
        here, there = groups[some], groups[others]
        first, second = np.nonzero(near & (here[:, None] != there))
        groups = _joined(groups, here[first], there[second])
        if on_progress:
            on_progress(done, len(pairs))
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
        return features_of_content(read_bytes(path), path)
    except UnreadableImage:
        return np.zeros(NUM_FEATURES, np.float16)
