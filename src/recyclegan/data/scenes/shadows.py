"""Where the sun does not reach: shadows thrown onto the ground, and looked up from anywhere."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.raster import Buffer
from recyclegan.data.scenes.street import Street
from recyclegan.data.scenes.surfaces import Kind, Solid
from recyclegan.data.scenes.textures import interpolate

CELL = 0.2
"""Metres a side of a cell of the shadow map."""
WEST, EAST, SOUTH, NORTH = -36.0, 36.0, -4.0, 100.0
"""The part of the ground that the map covers; outside, the sun shines."""


def sunlit(street: Street, buffer: Buffer) -> Floats:
    """Return how much of the sun each solid sample sees, (P) in [0, 1].

    A point is shaded where its own shadow on the ground falls into a house's: that is exact for
    all that stands between the houses. Shadows of cars, trees and posts fall on ground and walls.
    """
    sun = street.weather.sun
    shift = sun[[0, 2]] / sun[1]
    sides = [solid for solid in street.buildings if solid.surfaces[0].corners[0, 0] * sun[0] > 0]
    houses, things = _shadow_map(sides, shift), _shadow_map(street.objects, shift)
    x = buffer.place[:, 0] - buffer.place[:, 1] * shift[0]
    z = buffer.place[:, 2] - buffer.place[:, 1] * shift[1]
    # The outermost cells are unshaded and stand for everything beyond.
    column = np.clip((x - WEST) / CELL - 0.5, 0, houses.shape[1] - 1.001)
    row = np.clip((z - SOUTH) / CELL - 0.5, 0, houses.shape[0] - 1.001)
    kind = buffer.kinds[buffer.solid]
    receives = (kind == Kind.ROAD) | (kind == Kind.PAVEMENT) | (kind == Kind.BUILDING)
    return 1 - np.maximum(
        interpolate(houses, column, row), interpolate(things, column, row) * receives
    )


def _shadow_map(casters: list[Solid], shift: Floats) -> Floats:
    """Return the shade on the ground, rows along z and columns along x, with soft edges."""
    image = Image.new("L", (round((EAST - WEST) / CELL), round((NORTH - SOUTH) / CELL)))
    canvas = ImageDraw.Draw(image)
    polygons = [surface.corners for solid in casters for surface in solid.surfaces]
    corners = np.concatenate([np.empty((0, 3), np.float32), *polygons])
    ground = corners[:, [0, 2]] - corners[:, 1:2] * shift - np.array([WEST, SOUTH], np.float32)
    points = (ground / CELL).ravel().tolist()
    start = 0
    for polygon in polygons:
        canvas.polygon(points[start : start + 2 * len(polygon)], fill=255)
        start += 2 * len(polygon)
    soft = np.asarray(image.filter(ImageFilter.BoxBlur(1)), np.float32) / 255
    soft[[0, -1]] = 0
    soft[:, [0, -1]] = 0
    return soft
