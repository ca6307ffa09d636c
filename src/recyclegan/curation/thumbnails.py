"""Small pictures for the review: of one area each, as JPEG within a budget, or on a sheet."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from PIL import Image

from recyclegan.curation.findings import DomainFindings
from recyclegan.curation.samples import NUM_CLUSTER_SAMPLES, gather_clusters, spread
from recyclegan.errors import UserError
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.grid import picture_grid
from recyclegan.images.parallel import in_parallel

SIDES = (256, 224, 192, 160, 128, 112, 96, 80, 64, 48)
"""Sides of the square whose area a thumbnail has; the largest that fits the budget is taken."""

QUALITY = 75
NUM_MEASURED = 32
"""Pictures that are encoded to learn how large thumbnails become."""

SHEET_SIDE = 160
SHEET_COLUMNS = 6


def thumbnail(path: Path, side: int) -> Image.Image | None:
    """Return a picture shrunk to at most `side` x `side` pixels of area; None if unreadable."""
    try:
        picture = decode_bytes(read_bytes(path), path, min_side=side)
    except UnreadableImage:
        return None
    return _shrunk(picture, side)


def encode_thumbnails(paths: Sequence[Path | None], side: int) -> Iterator[str]:
    """Yield each picture's thumbnail as base64 JPEG, empty where there is no path or picture."""

    def encode(path: Path | None) -> str:
        picture = thumbnail(path, side) if path else None
        return base64.b64encode(_jpeg(picture)).decode() if picture else ""

    return in_parallel(encode, paths)


def choose_side(paths: Sequence[Path], num_thumbnails: int, budget: int) -> tuple[int, float]:
    """Return the thumbnails' side and the pictures' usual aspect (width by height).

    The side is the largest at which as many thumbnails as planned, in base64, keep to a budget in
    bytes, judged by a few of the pictures; the smallest there is where none does.
    """
    measured = [paths[place] for place in spread(range(len(paths)), NUM_MEASURED)]
    largest = in_parallel(lambda path: thumbnail(path, SIDES[0]), measured)
    pictures = [picture for picture in largest if picture]
    if not pictures:
        return SIDES[0], 1.0
    aspect = median(picture.width / picture.height for picture in pictures)
    for side in SIDES:
        sizes = [len(_jpeg(_shrunk(picture, side))) for picture in pictures]
        if sum(sizes) / len(sizes) * 4 / 3 * num_thumbnails <= budget:
            return side, aspect
    return SIDES[-1], aspect


def cluster_sheet(domain: DomainFindings, root: Path, cluster: int) -> Image.Image:
    """Return a cluster's samples on one sheet, from its centre (top left) to its edge.

    Raises:
        UserError: there is no such cluster, or none of its samples can be read.
    """
    clusters = {found.number: found for found in gather_clusters(domain)}
    if cluster not in clusters:
        raise UserError(
            f"{domain.name} has no cluster {cluster}: it has {', '.join(map(str, clusters))}."
        )
    paths = [root / domain.items[place].name for place in clusters[cluster].samples]
    shrunk = in_parallel(lambda path: thumbnail(path, SHEET_SIDE), paths)
    pictures = [picture for picture in shrunk if picture]
    if not pictures:
        raise UserError(f"No picture of cluster {cluster} can be read below {root}: is it there?")
    starts = range(0, NUM_CLUSTER_SAMPLES, SHEET_COLUMNS)
    rows = [pictures[start : start + SHEET_COLUMNS] for start in starts]
    return picture_grid([row for row in rows if row], ())


def _shrunk(picture: Image.Image, side: int) -> Image.Image:
    scale = min(1.0, side / math.sqrt(picture.width * picture.height))
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def _jpeg(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY, optimize=True)
    return content.getvalue()
