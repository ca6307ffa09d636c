"""Depth maps of any common encoding, in metres and without holes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt

from recyclegan.data.building import Dropped
from recyclegan.images.decoding import UnreadableImage

Floats = NDArray[np.float32]


def read_depth(path: Path, metres_per_level: float, max_depth: float) -> Floats:
    """Return a depth map (H, W) in metres; what is unknown is taken from the nearest known pixel.

    16 and 32 bit levels count `metres_per_level` each, the range of 8 bits ends at `max_depth`,
    and floats are metres. Zeros, negative and non-finite values are unknown.

    Raises:
        UnreadableImage: The file holds no complete picture.
        Dropped: It is a picture in colour, or nothing in it is known.
    """
    try:
        with Image.open(path) as image:
            image.load()
            mode, values = image.mode, np.asarray(image)
            if mode not in ("F", "I", "L") and not mode.startswith("I;16"):
                values = np.asarray(image.convert("RGB"))
    # Decoders raise whatever they trip over, and all of it means the same.
    except Exception as error:
        raise UnreadableImage(path, str(error) or type(error).__name__) from error
    if values.ndim == 3:
        if np.ptp(values, axis=2).any():
            raise Dropped("depth is in colour", path.name)
        values = values[..., 0]
    of_levels = metres_per_level if mode.startswith("I") else max_depth / 255
    scale = 1.0 if mode == "F" else of_levels
    return fill_unknown(values.astype(np.float32) * np.float32(scale), path.name)


def fill_unknown(depth: Floats, name: str) -> Floats:
    """Return a depth map (H, W) whose unknown pixels have the depth of the nearest known one."""
    unknown = ~(np.isfinite(depth) & (depth > 0))
    if unknown.all():
        raise Dropped("depth is unknown everywhere", name)
    if not unknown.any():
        return depth
    rows, columns = distance_transform_edt(unknown, return_distances=False, return_indices=True)
    filled: Floats = depth[rows, columns]
    return filled
