"""Drawing a street once into a buffer of surface numbers, depths and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from recyclegan.data.scenes.camera import Floats, clip_near
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
    ids = _draw(street, surfaces, side)
    solid = np.flatnonzero(ids)
    surface = ids[solid] - 1
    rays = street.camera.directions(side)
    normals = np.array([s.normal for s in surfaces], np.float32)
    eye = street.camera.position
    reach = np.array([s.normal @ (s.corners[0] - eye) for s in surfaces], np.float32)
    normal = normals[surface]
    toward = np.einsum("ij,ij->i", normal, rays[solid])
    # A sample on a surface's very edge can miss its plane by far: keep it in the street.
    near = np.array([s.corners[:, 2].min() for s in surfaces], np.float32)
    far = np.array([s.corners[:, 2].max() for s in surfaces], np.float32)
    toward = np.where(np.abs(toward) < 1e-6, np.float32(1e-6), toward)
    distance = np.clip(reach[surface] / toward, np.maximum(near, 0.5)[surface], far[surface])
    depth = np.full(side * side, SKY_DEPTH, np.float32)
    depth[solid] = distance
    kinds = np.array([Kind.SKY] + [s.kind for s in surfaces], np.uint8)[ids]
    place = eye + rays[solid] * distance[:, None]
    footprint = distance / (street.camera.focal * side)
    return Buffer(side, rays, depth, kinds, solid, surface, place, normal, footprint)


def _draw(street: Street, surfaces: list[Surface], side: int) -> NDArray[np.int32]:
    """Paint each surface's number plus one over what is behind it; 0 stays where the sky is."""
    clipped = [_visible(surface, street.camera.position) for surface in surfaces]
    points = street.camera.project(np.concatenate(clipped), side)
    ends = np.cumsum([len(corners) for corners in clipped])
    image = Image.new("I", (side, side))
    canvas = ImageDraw.Draw(image)
    flattened = points.ravel().tolist()
    for number, (corners, end) in enumerate(zip(clipped, ends.tolist(), strict=True), start=1):
        if len(corners):
            canvas.polygon(flattened[2 * (end - len(corners)) : 2 * end], fill=number)
    return np.asarray(image, np.int32).ravel()


def _visible(surface: Surface, eye: Floats) -> Floats:
    """Return the part of a surface ahead of the camera, nothing if it shows its back."""
    if (eye - surface.corners[0]) @ surface.normal <= 0 and surface.kind != Kind.TREE:
        return np.empty((0, 3), np.float32)
    return clip_near(surface.corners)
