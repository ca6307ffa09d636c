"""What a single picture file holds, and what is odd about it by itself."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from recyclegan.data.manifest import BadFile
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.measures import Measures, measure

ORIENTATION = 0x0112
"""The EXIF tag that says how a picture is to be turned."""


@dataclass(frozen=True)
class Facts:
    """A file that was decoded in full."""

    path: Path
    domain: str
    split: str
    """`train`, `test`, `truth`, or `all` where the dataset has no split."""
    sha256: str
    size: tuple[int, int]
    """Width and height in pixels, upright."""
    mode: str
    """Pillow's mode of the file; what starts with I or F has more than 8 bits."""
    format: str
    named: str
    """The format that the ending promises."""
    transparent: bool
    turned: bool
    """Whether EXIF turns it."""
    num_pages: int
    measures: Measures


def examine(path: Path, domain: str, split: str) -> Facts | BadFile:
    """Return what is in a file after decoding all of it, or why it cannot be read."""
    try:
        content = read_bytes(path)
        picture = decode_bytes(content, path)
    except UnreadableImage as error:
        dangling = path.is_symlink() and not os.path.exists(path)  # noqa: PTH110
        return BadFile(path, "a link to nothing" if dangling else error.reason)
    with Image.open(io.BytesIO(content)) as image:
        try:
            turned = image.getexif().get(ORIENTATION, 1) != 1
        except Exception:
            turned = False  # Sound pixels under damaged metadata are still a picture.
        return Facts(
            path,
            domain,
            split,
            hashlib.sha256(content).hexdigest(),
            picture.size,
            image.mode,
            image.format or "",
            Image.registered_extensions().get(path.suffix.lower(), ""),
            image.has_transparency_data,
            turned,
            getattr(image, "n_frames", 1),
            measure(picture),
        )
