"""From a frame of any size to a square picture: the border cut off, resized, its centre kept."""

from __future__ import annotations

import numpy as np
from PIL import Image

from recyclegan.data.building import Dropped
from recyclegan.images.resizing import centre_crop

BLACK = 10
"""Grey level that a row or column of the border never exceeds."""


def cut_border(image: Image.Image) -> Image.Image:
    """Return the picture without the rows and columns around it that never exceed `BLACK`.

    Dark rows and columns inside the picture stay, since taking them out would shift its parts.

    Raises:
        Dropped: All of it is black.
    """
    box = image.convert("L").point([0] * (BLACK + 1) + [255] * (255 - BLACK)).getbbox()
    if box is None:
        raise Dropped("all black", f"no grey level above {BLACK}")
    return image.crop(box)


def fit_square(image: Image.Image, size: int) -> Image.Image:
    """Return the central square of `size` px after a LANCZOS resize of the short side to it.

    Raises:
        Dropped: A side is shorter than `size`.
    """
    width, height = image.size
    if min(width, height) < size:
        raise Dropped("too small", f"{width}x{height}, under {size}")
    scale = size / min(width, height)
    new = np.maximum(size, np.round(np.array(image.size) * scale).astype(int)).tolist()
    return centre_crop(image.resize((new[0], new[1]), Image.Resampling.LANCZOS), size, size)
