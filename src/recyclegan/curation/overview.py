"""The clusters of a domain at a glance: a row of samples for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from recyclegan.curation.findings import DomainFindings, Item
from recyclegan.images.decoding import decode_bytes, read_bytes
from recyclegan.images.grid import picture_grid

THUMBNAIL = 128
"""Pixels of the longer side of a sample."""


def cluster_overview(found: DomainFindings, root: Path, num_samples: int = 8) -> Image.Image:
    """Return a sheet with a row for each cluster: samples from its centre to its edge."""
    clusters: dict[int, list[Item]] = {}
    for item in sorted(found.items, key=lambda item: (item.cluster, item.rank)):
        clusters.setdefault(item.cluster, []).append(item)
    rows = []
    for members in clusters.values():
        places = np.linspace(0, len(members) - 1, min(num_samples, len(members))).round()
        rows.append([_thumbnail(root / members[int(place)].name) for place in places])
    titles = [f"{number} ({len(members)})" for number, members in clusters.items()]
    return picture_grid(rows, (), titles)


def _thumbnail(path: Path) -> Image.Image:
    image = decode_bytes(read_bytes(path), path, THUMBNAIL)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    return image
