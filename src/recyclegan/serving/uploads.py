"""Pictures from strangers: what they may be is read from the header, before anything is decoded."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from recyclegan.errors import RunFailed
from recyclegan.images.decoding import UnreadableImage, decode_bytes

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
"""The only decoders that strangers reach."""

MEGA = 1_000_000


class Refused(RunFailed):
    """A file that is not translated: one sentence for the person who sent it."""


@dataclass(frozen=True)
class Limits:
    """How much one person may ask for.

    `num_bytes` and `num_pixels` are of a file and `num_files` of a batch; a picture with a longer
    side than `side` pixels is made smaller.
    """

    num_bytes: int = 30 * MEGA
    num_pixels: int = 50 * MEGA
    num_files: int = 50
    side: int = 1536

    def __str__(self) -> str:
        return (
            f"PNG, JPEG, WebP, TIFF, BMP or GIF, up to {self.num_bytes / MEGA:g} MB and "
            f"{self.num_pixels / MEGA:g} megapixels; longer sides than {self.side} px are made "
            "smaller."
        )


@dataclass(frozen=True)
class Upload:
    """A picture, RGB and upright, with the SHA-256 of its file and its name without the ending."""

    picture: Image.Image
    sha256: str
    name: str


def read_upload(path: Path, limits: Limits) -> Upload:
    """Return the picture in a file from a stranger, no longer than `limits.side`.

    Raises:
        Refused: it is too large, damaged, or no picture of a known kind.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if size > limits.num_bytes:
            raise Refused(
                f"{name} has {size / MEGA:.1f} MB and up to {limits.num_bytes / MEGA:g} are taken; "
                "save it smaller."
            )
        content = path.read_bytes()
    except OSError:
        raise Refused(f"{name} is no longer here; drop it again.") from None
    _check_header(content, name, limits)
    try:
        picture = decode_bytes(content, path, min_side=limits.side)
    except UnreadableImage:
        raise Refused(f"{name} is damaged or incomplete; send another copy of it.") from None
    picture.thumbnail((limits.side, limits.side), Image.Resampling.BICUBIC)
    return Upload(picture, hashlib.sha256(content).hexdigest(), path.stem)


def _check_header(content: bytes, name: str, limits: Limits) -> None:
    try:
        # Pillow's own limit is a warning first; ours is below it, or is what the host asked for.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
    except Image.DecompressionBombError:
        raise _too_many_pixels(name, "far too many", limits) from None
    except UnidentifiedImageError:
        raise Refused(
            f"{name} is no picture of a known kind; send a PNG, JPEG, WebP, TIFF, BMP or GIF."
        ) from None
    except Exception:  # Decoders raise whatever they trip over.
        raise Refused(f"{name} is damaged or incomplete; send another copy of it.") from None
    if width * height > limits.num_pixels:
        raise _too_many_pixels(name, f"{width * height / MEGA:,.0f}", limits)


def _too_many_pixels(name: str, megapixels: str, limits: Limits) -> Refused:
    return Refused(
        f"{name} has {megapixels} megapixels and up to {limits.num_pixels / MEGA:g} are taken; "
        "save it smaller."
    )
