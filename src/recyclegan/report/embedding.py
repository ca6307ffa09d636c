"""Pictures as data URIs, so that the page needs no other file."""

from __future__ import annotations

import base64
import io

from PIL import Image

MAX_SIDE = 768
"""Larger pictures are shown reduced to this many pixels."""

LOSSLESS_AREA = 200 * 200
"""Up to this many pixels a picture is kept exact; above, JPEG at quality 95 without subsampling."""


def data_uri(picture: Image.Image) -> str:
    """Return a picture as a `data:` address."""
    shown = picture.convert("RGB")
    if max(shown.size) > MAX_SIDE:
        shown.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if shown.width * shown.height <= LOSSLESS_AREA:
        kind = "png"
        shown.save(buffer, "PNG", optimize=True)
    else:
        kind = "jpeg"
        shown.save(buffer, "JPEG", quality=95, subsampling=0)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
