"""Where the sun does not reach: shadows thrown onto the ground, and looked up from anywhere."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.raster import Buffer
from recyclegan.data.scenes.street import Street
from recyclegan.data.scenes.surfaces import Kind, Surface

CELL = 0.2
"""Metres a side of a cell of the shadow map."""
WEST, EAST, SOUTH, NORTH = -36.0, 36.0, -4.0, 100.0
"""The part of the ground that the map covers; outside, the sun shines."""


def sunlit(street: Street, surfaces: list[Surface], buffer: Buffer) -> Floats:
    """Return how much of the sun each solid sample sees, (P) in [0, 1].

    A point is shaded where its own shadow on the ground falls into a house's: that is exact for
    all that stands between the houses. Shadows of cars, trees and posts fall on ground and walls.
    """
    sun = street.weather.sun
    houses = (
        surface
        for solid in street.buildings
        for surface in solid.surfaces
        if surface.corners[:, 0].mean() * sun[0] > 0
    )
    things = (surface for solid in street.objects for surface in solid.surfaces)
    shift = sun[[0, 2]] / sun[1]
    ground = buffer.place[:, [0, 2]] - buffer.place[:, 1:2] * shift
    column = np.clip((ground[:, 0] - WEST) / CELL, 0, (EAST - WEST) / CELL - 1).astype(np.intp)
    row = np.clip((ground[:, 1] - SOUTH) / CELL, 0, (NORTH - SOUTH) / CELL - 1).astype(np.intp)
    shade = _shadow_map(houses, shift)[row, column]
    kind = buffer.kinds[buffer.solid]
    receives = (kind == Kind.ROAD) | (kind == Kind.PAVEMENT) | (kind == Kind.BUILDING)
    return 1 - np.maximum(shade, _shadow_map(things, shift)[row, column] * receives)


def _shadow_map(casters: Iterable[Surface], shift: Floats) -> Floats:
    """Return the shade on the ground, rows along z and columns along x, with soft edges."""
    width, height = round((EAST - WEST) / CELL), round((NORTH - SOUTH) / CELL)
    image = Image.new("L", (width, height))
    canvas = ImageDraw.Draw(image)
    origin = np.array([WEST, SOUTH], np.float32)
    for surface in casters:
        shadow = surface.corners[:, [0, 2]] - surface.corners[:, 1:2] * shift
        canvas.polygon(((shadow - origin) / CELL).ravel().tolist(), fill=255)
    # The lowest and highest cells stand for everything outside.
    soft = np.asarray(image.filter(ImageFilter.BoxBlur(1)), np.float32) / 255
    soft[[0, -1]] = 0
    soft[:, [0, -1]] = 0
    return soft
