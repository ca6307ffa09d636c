"""Pictures as voters see them: one encoding for all, nothing left of their files."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

MAX_SIDE = 1024
"""Larger pictures are shown reduced to this many pixels."""

QUALITY = 90
NUM_BLOCKS = 12
"""Blocks on the short side of a spoilt picture."""


def shrunk(picture: Image.Image) -> Image.Image:
    """Return a picture whose sides keep to `MAX_SIDE`."""
    shown = picture.copy()
    shown.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return shown


def encode(picture: Image.Image) -> str:
    """Return a picture as a JPEG file in base64: quality 90, colours at full resolution."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY, subsampling=0)
    return base64.b64encode(content.getvalue()).decode()


def decode_encoded(text: str) -> Image.Image:
    """Return the picture that `encode` wrote."""
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        image.load()
        return image.convert("RGB")


def spoil(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a picture as coarse blocks, half mixed with random colours: worse beyond doubt.

    The colours see to it that a black picture, too, is plainly spoilt.
    """
    scale = NUM_BLOCKS / min(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    blocks = np.asarray(picture.resize((width, height), Image.Resampling.BOX), np.float32)
    mixed = (blocks + rng.integers(0, 256, blocks.shape)) / 2
    coarse = Image.fromarray(np.round(mixed).astype(np.uint8))
    return coarse.resize(picture.size, Image.Resampling.NEAREST)
