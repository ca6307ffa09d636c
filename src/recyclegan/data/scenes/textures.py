"""Patterns as functions of place: stripes without aliasing, hashed cells, tiling noise."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.scenes.camera import Floats

NOISE_SIDE = 512
"""Cells a side of the noise tile."""


def stripes(place: Floats, duty: Floats | float, width: Floats) -> Floats:
    """Return how much of a pixel lies on stripes that fill [0, duty) of each unit.

    A pixel `width` wide is averaged in closed form, so far stripes fade to grey, not to moiré.
    """
    width = np.maximum(width, 1e-3)

    def integral(x: Floats) -> Floats:
        whole = np.floor(x)
        return whole * duty + np.minimum(x - whole, duty)

    return (integral(place + width / 2) - integral(place - width / 2)) / width


def band(place: Floats, low: Floats | float, high: Floats | float, width: Floats) -> Floats:
    """Return how much of a pixel `width` wide lies between two places."""
    half = width / 2
    covered = np.minimum(place + half, high) - np.maximum(place - half, low)
    return np.clip(covered / np.maximum(width, 1e-3), 0, 1)


def cell_random(column: Floats, row: Floats, seed: Floats) -> Floats:
    """Return a number in [0, 1) for each cell of a grid, the same for all pixels in the cell."""
    mixed = column.astype(np.int32).astype(np.uint32) * np.uint32(0x9E3779B1)
    mixed ^= row.astype(np.int32).astype(np.uint32) * np.uint32(0x85EBCA77)
    mixed ^= seed.astype(np.uint32) * np.uint32(0xC2B2AE3D)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x2C1B3C6D)
    mixed ^= mixed >> np.uint32(12)
    return (mixed >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24)


@cache
def _noise_tile() -> NDArray[np.float32]:
    """Return noise with a 1/f spectrum, mean 0 and deviation 1, that tiles without seams.

    Two rows and columns come again at the end, so that what is between cells needs no wrapping.
    """
    white = np.random.default_rng(7).standard_normal((NOISE_SIDE, NOISE_SIDE))
    frequency = np.hypot(
        np.fft.fftfreq(NOISE_SIDE)[:, None] * NOISE_SIDE, np.fft.rfftfreq(NOISE_SIDE) * NOISE_SIDE
    )
    shape = np.maximum(frequency, 1) ** -1.3 * (frequency > 0)
    tile = np.fft.irfft2(np.fft.rfft2(white) * shape, s=white.shape)
    return np.pad(tile / tile.std(), (0, 2), mode="wrap").astype(np.float32)


def noise(column: Floats, row: Floats) -> Floats:
    """Return tiling noise of mean 0 and deviation 1 at places counted in cells of the tile."""
    mask = NOISE_SIDE - 1
    return _noise_tile()[row.astype(np.int32) & mask, column.astype(np.int32) & mask]


def smooth_noise(column: Floats, row: Floats) -> Floats:
    """Return `noise` interpolated between its cells, for patterns seen larger than a cell."""
    return interpolate(_noise_tile(), column % NOISE_SIDE, row % NOISE_SIDE)


def interpolate(grid: Floats, column: Floats, row: Floats) -> Floats:
    """Return a grid's values between its cells, (N), at places inside of it."""
    left, top = column.astype(np.intp), row.astype(np.intp)
    across, down = column - left, row - top
    corner = top * grid.shape[1] + left
    cells = grid.ravel()
    upper = (1 - across) * cells[corner] + across * cells[corner + 1]
    corner += grid.shape[1]
    lower = (1 - across) * cells[corner] + across * cells[corner + 1]
    return (1 - down) * upper + down * lower
