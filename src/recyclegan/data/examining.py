"""What a single picture file holds, and what it looks like."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from recyclegan.data.edge_directions import SIDE, edge_directions
from recyclegan.data.manifest import BadFile
from recyclegan.data.near_duplicates import features_of_content
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
    """Pages or frames; 0 where those after the first are damaged."""
    measures: Measures


@dataclass(frozen=True)
class Examined:
    """A file's facts, and the features by which the split compares it, (NUM_FEATURES,)."""

    facts: Facts
    features: NDArray[np.float16]


def examine(path: Path, domain: str, split: str) -> Examined | BadFile:
    """Return what is in a file after decoding all of it, or why it cannot be read."""
    try:
        content = read_bytes(path)
        picture = decode_bytes(content, path)
        with Image.open(io.BytesIO(content)) as image:
            facts = Facts(
                path,
                domain,
                split,
                hashlib.sha256(content).hexdigest(),
                picture.size,
                image.mode,
                image.format or "",
                Image.registered_extensions().get(path.suffix.lower(), ""),
                image.has_transparency_data,
                _is_turned(image),
                num_pages(image),
                measure(picture),
            )
            # The split compares large JPEGs by their smaller decoding, and to decode them twice
            # takes less time than shrinking the full picture.
            shrinks = isinstance(image, JpegImageFile) and min(picture.size) >= 4 * SIDE
        features = features_of_content(content, path) if shrinks else edge_directions(picture)
    except UnreadableImage as error:
        dangling = path.is_symlink() and not os.path.exists(path)  # noqa: PTH110
        return BadFile(path, "a link to nothing" if dangling else error.reason)
    return Examined(facts, features)


def _is_turned(image: Image.Image) -> bool:
    try:
        return bool(image.getexif().get(ORIENTATION, 1) != 1)
    except Exception:
        return False  # Sound pixels under damaged metadata are still a picture.


def num_pages(image: Image.Image) -> int:
    """Return the pages or frames of an open file; 0 where those after the first are damaged."""
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:
        return 0  # Decoders raise whatever they trip over.
