"""Flat polygons in space: all that a street is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from recyclegan.data.scenes.camera import Floats

Colour = tuple[float, float, float]
"""Red, green, blue in linear light; 1 is a perfect white, lights may be brighter."""

BLACK: Colour = (0.0, 0.0, 0.0)


class Kind(IntEnum):
    """What a pixel shows: the numbers in a class map."""

    SKY = 0
    ROAD = 1
    PAVEMENT = 2
    BUILDING = 3
    TREE = 4
    POLE = 5
    VEHICLE = 6
    LAMP = 7
    SIGNAL = 8
    SIGN = 9
    PERSON = 10


class Surface(NamedTuple):
    """One polygon: corners (N, 3) in metres, outward unit normal (3,), and how it looks."""

    corners: Floats
    normal: Floats
    kind: Kind
    albedo: Colour
    glass: float = 0.0
    """Share of the surface that is a window pane: mirrors the sky by day."""
    glow: Colour = BLACK
    """Light given off at night."""
    always_on: bool = False
    """The glow is there by day, too."""
    facade: int = -1
    """Row of the street's facade table, or -1 for a surface without windows."""


class Solid(NamedTuple):
    """Surfaces that are drawn together, in this order, after all that is farther away."""

    distance: float
    surfaces: list[Surface]


def unit_normal(corners: Sequence[Sequence[float]] | Floats, outward: Sequence[float]) -> Floats:
    """Return the unit normal (3,) of a flat polygon on the side that `outward` points to."""
    # Plain numbers: NumPy's cross product takes ten times as long for a single pair.
    (px, py, pz), (qx, qy, qz), (rx, ry, rz) = np.asarray(corners)[:3].tolist()
    ax, ay, az, bx, by, bz = qx - px, qy - py, qz - pz, rx - px, ry - py, rz - pz
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    length = math.sqrt(x * x + y * y + z * z)
    if x * outward[0] + y * outward[1] + z * outward[2] < 0:
        length = -length
    return np.array([x / length, y / length, z / length], np.float32)


def upright(x0: float, x1: float, y0: float, y1: float, z: float) -> Floats:
    """Return the corners (4, 3) of a rectangle that faces the camera."""
    return np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]], np.float32)


def flat(x0: float, x1: float, z0: float, z1: float, y: float = 0.0) -> Floats:
    """Return the corners (4, 3) of a level rectangle."""
    return np.array([[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]], np.float32)


def facing(corners: Floats, kind: Kind, albedo: Colour, *, glass: float = 0.0) -> Surface:
    """Return a surface that faces the camera."""
    return Surface(corners, np.array([0, 0, -1], np.float32), kind, albedo, glass)


def frustum(
    base: tuple[float, float, float, float],
    heights: tuple[float, float],
    taper: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> dict[str, tuple[Floats, Floats]]:
    """Return corners and normals of a box's near, left, right and top face.

    The base is (x0, x1, z0, z1); the taper says how far the top stands back at each side, in front
    and behind. The far face is never seen.
    """
    x0, x1, z0, z1 = base
    side, front, back = taper
    low = flat(x0, x1, z0, z1, heights[0])
    high = flat(x0 + side, x1 - side, z0 + front, z1 - back, heights[1])
    faces = {
        "near": np.stack([low[0], low[1], high[1], high[0]]),
        "left": np.stack([low[0], low[3], high[3], high[0]]),
        "right": np.stack([low[1], low[2], high[2], high[1]]),
        "top": high,
    }
    outward = {"near": (0, 0, -1), "left": (-1, 0, 0), "right": (1, 0, 0), "top": (0, 1, 0)}
    return {name: (face, unit_normal(face, outward[name])) for name, face in faces.items()}


def inset(face: Floats, across: tuple[float, float], up: tuple[float, float]) -> Floats:
    """Return the part (4, 3) of a four-cornered face between two shares across and two up."""
    low_left, low_right, high_right, high_left = face

    def at(u: float, v: float) -> Floats:
        low = low_left + u * (low_right - low_left)
        high = high_left + u * (high_right - high_left)
        return np.asarray(low + v * (high - low), np.float32)

    return np.stack(
        [at(across[0], up[0]), at(across[1], up[0]), at(across[1], up[1]), at(across[0], up[1])]
    )
