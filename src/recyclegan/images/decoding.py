"""Reading a picture of any mode, depth and orientation as 8-bit RGB.

What is not plain RGB is read by these rules. Transparency is composited on white. 16-bit grey is
scaled by its bit depth. Numbers without a declared depth (32-bit integers, floats) are taken as
[0, 1], 8 bit or 16 bit, whichever holds their maximum, and stretched from minimum to maximum
where none fits. Of several pages or frames the first counts. CMYK is converted without a profile.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

RANGES = ((0, 1), (8, 255), (256, 65535))
"""Smallest and largest maximum with which numbers count as [0, 1], as 8 bit and as 16 bit."""

BITS_PER_SAMPLE = 258
"""The TIFF tag that tells 12-bit pictures from 16-bit ones."""


class UnreadableImage(Exception):
    """A file that holds no complete picture."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def decode(path: Path) -> Image.Image:
    """Return the complete picture in a file: RGB, upright by its EXIF tag, free of metadata.

    Raises:
        UnreadableImage: missing, empty, truncated, damaged, too large or no picture at all.
    """
    return decode_bytes(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        UnreadableImage: the file is missing, empty or may not be read, or is no regular file.
    """
    try:
        # Nothing may ever come out of a pipe or a device.
        if path.exists() and not path.is_file():
            raise UnreadableImage(path, "no regular file")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableImage(path, (error.strerror or str(error)).lower()) from None
    if not content:
        raise UnreadableImage(path, "the file is empty")
    return content


def decode_bytes(content: bytes, path: Path, min_side: int | None = None) -> Image.Image:
    """Return the picture in a file's content, as `decode` does; `path` is named in errors.

    Args:
        content: the bytes of the file.
        path: where they are from.
        min_side: shrink a JPEG to 1/2, 1/4 or 1/8 while decoding, as long as both sides keep at
            least this many pixels: faster, for features and thumbnails. Damage is found all the
            same, since every coefficient is read.

    Raises:
        UnreadableImage: the content is no complete picture.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            if min_side:
                # Pillow keeps each side at least as large as asked for.
                image.draft(None, (min_side, min_side))
            image.load()
            picture = as_rgb(image)
    except UnidentifiedImageError:
        raise UnreadableImage(path, "no known picture format") from None
    # Decoders raise whatever they trip over (OSError, SyntaxError, struct.error, ...), and all of
    # it means the same: this file cannot be used.
    except Exception as error:
        raise UnreadableImage(path, str(error) or type(error).__name__) from error
    picture.info = {}
    return picture


def as_rgb(image: Image.Image) -> Image.Image:
    """Return an open picture of any mode as RGB, upright by its EXIF tag."""
    # The upright picture is a copy that has lost the tags of the file.
    return _to_rgb(_upright(image), _grey_bits(image))


def _grey_bits(image: Image.Image) -> int:
    """Return the depth that a file declares for 16-bit grey."""
    return int(getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (16,))[0])


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        # Sound pixels under damaged metadata are still a picture.
        return image


def _to_rgb(image: Image.Image, grey_bits: int) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _grey(np.asarray(image, np.float64) / (2**grey_bits - 1))
    if image.mode in ("I", "F"):
        return _grey(_unit_range(np.nan_to_num(np.asarray(image, np.float64))))
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None
        return converted
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _unit_range(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values of unknown depth (H, W) in [0, 1], by the rule in this module's docstring."""
    low, high = float(values.min()), float(values.max())
    for smallest, limit in RANGES:
        if low >= 0 and smallest <= high <= limit:
            return values / limit
    return (values - low) / ((high - low) or 1)


def _grey(values: NDArray[np.float64]) -> Image.Image:
    """Return a grey picture (H, W) in [0, 1] as RGB."""
    return Image.fromarray(np.round(values.clip(0, 1) * 255).astype(np.uint8)).convert("RGB")
