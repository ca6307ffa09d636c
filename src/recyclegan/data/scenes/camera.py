"""A pinhole camera behind the windscreen, whose image plane stays upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

NEAR = 0.6
"""Metres in front of the camera before which nothing is drawn."""


@dataclass(frozen=True)
class Camera:
    """Where the camera stands and what it sees; the world is x right, y up, z ahead, in metres.

    The horizon and the vanishing point are moved by shifting the lens, not by turning it, so walls
    stay upright in the picture and depth is z everywhere.
    """

    x: float
    height: float
    focal: float
    """In picture sides: 1 is a view of 53 degrees."""
    vanishing: tuple[float, float]
    """Column and row of the vanishing point as shares of the picture's side."""

    @property
    def position(self) -> Floats:
        """Return the camera's place, (3,) in metres."""
        return np.array([self.x, self.height, 0.0], np.float32)

    def project(self, points: Floats, size: int) -> Floats:
        """Return the columns and rows, (N, 2) in pixels, of points (N, 3) that lie ahead."""
        relative = points - self.position
        scale = self.focal * size / relative[:, 2]
        column = self.vanishing[0] * size + relative[:, 0] * scale
        row = self.vanishing[1] * size - relative[:, 1] * scale
        return np.stack([column, row], axis=1)

    def directions(self, size: int) -> Floats:
        """Return where each pixel looks, (size * size, 3) with z = 1, row by row."""
        ticks = (np.arange(size, dtype=np.float32) + 0.5) / size
        slope_x = (ticks - self.vanishing[0]) / self.focal
        slope_y = (self.vanishing[1] - ticks) / self.focal
        rays = np.ones((size, size, 3), np.float32)
        rays[..., 0] = slope_x[None, :]
        rays[..., 1] = slope_y[:, None]
        return rays.reshape(-1, 3)


def clip_near(corners: Floats) -> Floats:
    """Cut away the part of a polygon (N, 3) that lies behind the near plane; (0, 3) if all does."""
    ahead = corners[:, 2] >= NEAR
    if ahead.all():
        return corners
    kept: list[Floats] = []
    for index, corner in enumerate(corners):
        before = corners[index - 1]
        if ahead[index] != ahead[index - 1]:
            share = (NEAR - before[2]) / (corner[2] - before[2])
            kept.append(before + share * (corner - before))
        if ahead[index]:
            kept.append(corner)
    return np.array(kept, np.float32).reshape(-1, 3)
