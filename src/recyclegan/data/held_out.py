"""The fixed pictures that evaluations and sample grids look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from recyclegan.images.decoding import decode
from recyclegan.images.resizing import centre_square
from recyclegan.images.tensors import to_tensor


def held_out_pictures(paths: Sequence[Path], *, size: int, limit: int | None) -> list[Tensor]:
    """Return the centre squares of pictures, each (3,size,size) float32 in [-1, 1].

    At most `limit` of them, evenly spaced from the first to the last; nothing here is random.

    Raises:
        UnreadableImage: a file holds no complete picture.
    """
    chosen = evenly_spaced(paths, limit)
    return [to_tensor(centre_square(decode(path), size)) for path in chosen]


def evenly_spaced(paths: Sequence[Path], limit: int | None) -> list[Path]:
    """Return at most `limit` paths, evenly spaced from the first to the last."""
    if limit is None or len(paths) <= limit:
        return list(paths)
    return [paths[index] for index in np.linspace(0, len(paths) - 1, limit).round().astype(int)]
