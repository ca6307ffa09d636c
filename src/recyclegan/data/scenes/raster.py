"""Drawing a street once into a buffer of surface numbers, depths and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from recyclegan.data.scenes.camera import NEAR, Floats, clip_near
from recyclegan.data.scenes.street import Street
from recyclegan.data.scenes.surfaces import Kind, Surface

OVERSAMPLING = 2
"""Samples a side in each pixel of the final picture."""

SKY_DEPTH = 1000.0
"""Metres: the depth that is given to the sky."""


@dataclass(frozen=True)
class Buffer:
    """What each of the side * side samples of a picture shows.

    Flat arrays over the samples, row by row; `solid` lists the P samples that show no sky, and the
    arrays after it are over those alone.
    """

    side: int
    rays: Floats
    """Directions with z = 1, (side * side, 3)."""
    depth: Floats
    """z in metres, (side * side)."""
    kinds: NDArray[np.uint8]
    """A `Kind` each, (side * side)."""
    solid: NDArray[np.intp]
    surface: NDArray[np.int32]
    """Index into the drawn surfaces, (P)."""
    place: Floats
    """World position, (P, 3)."""
    normal: Floats
    """(P, 3)."""
    footprint: Floats
    """Metres that a sample covers across the line of sight, (P)."""


def rasterise(street: Street, surfaces: list[Surface], size: int) -> Buffer:
    """Draw surfaces, the farthest first, and find depth and place behind each sample."""
    side = size * OVERSAMPLING
    eye = street.camera.position
    normals = np.array([s.normal for s in surfaces], np.float32)
    anchors = np.array([s.corners[0] for s in surfaces], np.float32) - eye
    reach = np.einsum("ij,ij->i", normals, anchors)
    kinds = np.array([Kind.SKY] + [s.kind for s in surfaces], np.uint8)
    shown = [
        clip_near(s.corners) if away > 0 or s.kind == Kind.TREE else s.corners[:0]
        for s, away in zip(surfaces, (-reach).tolist(), strict=True)
    ]
    ids = _draw(street, shown, side)
    solid = np.flatnonzero(ids)
    surface = ids[solid] - 1
    rays = street.camera.directions(side)
    normal = normals[surface]
    toward = np.einsum("ij,ij->i", normal, rays[solid])
    toward = np.where(np.abs(toward) < 1e-6, np.float32(1e-6), toward)
    # A sample on a surface's very edge can miss its plane by far: keep it in the street.
    nearest, farthest = _depth_range(surfaces)
    distance = np.clip(reach[surface] / toward, nearest[surface], farthest[surface])
    depth = np.full(side * side, SKY_DEPTH, np.float32)
    depth[solid] = distance
    place = eye + rays[solid] * distance[:, None]
    footprint = distance / np.float32(street.camera.focal * side)
    return Buffer(side, rays, depth, kinds[ids], solid, surface, place, normal, footprint)


def _draw(street: Street, polygons: list[Floats], side: int) -> NDArray[np.int32]:
    """Paint each polygon's number plus one over what is behind it; 0 stays where the sky is."""
    points = street.camera.project(np.concatenate(polygons), side).ravel().tolist()
    image = Image.new("I", (side, side))
    canvas = ImageDraw.Draw(image)
    start = 0
    for number, corners in enumerate(polygons, start=1):
        end = start + 2 * len(corners)
        if end > start:
            canvas.polygon(points[start:end], fill=number)
        start = end
    return np.asarray(image, np.int32).ravel()


def _depth_range(surfaces: list[Surface]) -> tuple[Floats, Floats]:
    """Return the least (not before the camera's near plane) and the greatest z of each surface."""
    starts = np.cumsum([0] + [len(s.corners) for s in surfaces[:-1]])
    z = np.concatenate([s.corners for s in surfaces])[:, 2]
    return np.maximum(np.minimum.reduceat(z, starts), NEAR), np.maximum.reduceat(z, starts)
