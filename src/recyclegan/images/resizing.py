"""The two geometric transforms: the short side for training, the centre square for evaluation."""

from __future__ import annotations

from PIL import Image

MAX_ASPECT = 8
"""A longer picture loses its ends first: enlarged by its short side it would fill the memory."""


def resize_short_side(image: Image.Image, size: int) -> Image.Image:
    """Return a picture whose short side is `size` pixels (bicubic, antialiased, same aspect).

    Anything longer than 8:1 is first cropped to 8:1 around its centre.
    """
    bounded = centre_crop(image, *_bounded(image.size))
    return bounded.resize(size_at_short_side(image.size, size), Image.Resampling.BICUBIC)


def size_at_short_side(size: tuple[int, int], short_side: int) -> tuple[int, int]:
    """Return the (width, height) that `resize_short_side` gives a picture of this size."""
    bounded = _bounded(size)
    scale = short_side / min(bounded)
    width, height = (max(short_side, round(side * scale)) for side in bounded)
    return width, height


def centre_square(image: Image.Image, size: int) -> Image.Image:
    """Return the central square, `size` x `size` pixels: the only transform of an evaluation."""
    return centre_crop(resize_short_side(image, size), size, size)


def centre_crop(image: Image.Image, width: int, height: int) -> Image.Image:
    """Return the central `width` x `height` pixels of a picture that is at least that large."""
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _bounded(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    return min(width, MAX_ASPECT * height), min(height, MAX_ASPECT * width)
