"""Pictures as data URIs, so that the page needs no other file."""

from __future__ import annotations

import base64
import io

from PIL import Image

MAX_SIDE = 768
"""Larger pictures are shown reduced to this many pixels."""

LOSSLESS_AREA = 200 * 200
"""Up to this many pixels a picture is kept exact; above, JPEG without subsampling."""


def data_uri(picture: Image.Image, *, max_side: int = MAX_SIDE, quality: int = 95) -> str:
    """Return a picture as a `data:` address, reduced to `max_side` pixels where it is larger."""
    shown = picture.convert("RGB")
    if max(shown.size) > max_side:
        shown.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if picture.width * picture.height <= LOSSLESS_AREA:
        kind = "png"
        shown.save(buffer, "PNG", optimize=True)
    else:
        kind = "jpeg"
        shown.save(buffer, "JPEG", quality=quality, subsampling=0)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
