"""The texture of the road and the pavements."""

from __future__ import annotations

import numpy as np

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.street import ASPHALT, Road
from recyclegan.data.scenes.textures import band, cell_random, noise, stripes

PAINT = 0.62
"""Albedo of white road marks."""


def road_albedo(road: Road, x: Floats, z: Floats, fine: Floats, asphalt: Floats) -> Floats:
    """Put lines, zebra crossings, wear and patches on asphalt of albedo (N, 3).

    The N samples lie at (x, z) and cover `fine` metres across the line of sight.
    """
    # Seen from a height h, a sample covers z / h times as much road along as across.
    long = fine * np.maximum(1, z / 1.5)
    start, end = road.crossing
    zebra = np.zeros_like(x)
    for low in (start - 4.5, end + 1.0):
        zebra += band(z, low, low + 2.8, long) * stripes(x / 1.2, 0.5, fine / 1.2)
    zebra *= band(np.abs(x), 0.0, road.half_width, fine)
    stop = band(z, start - 6.2, start - 5.7, long) * band(x, 0.0, road.half_width, fine)
    on_road = 1 - band(z, start - 6.2, end + 5.0, long)
    side = np.abs(x)
    dashes = np.zeros_like(x)
    for lane in range(1, road.num_lanes):
        line = band(side, road.lane * lane - 0.08, road.lane * lane + 0.08, fine)
        dashes += line * stripes(z / 9.0, 0.36, long / 9.0)
    kerb = road.lane * road.num_lanes
    edge = band(side, kerb - 0.07, kerb + 0.07, fine) * (road.parking > 1)
    white = np.clip(zebra + stop + on_road * (dashes + edge), 0, 1)
    yellow = on_road * (0.8 * band(side, 0.08, 0.18, fine))

    worn = np.cos((side % road.lane - road.lane / 2) * (4 * np.pi / road.lane))
    grain = 1 + 0.09 * worn * (side < kerb) + 0.12 * noise(x * 9, z * 3)
    grain += 0.06 * noise(x * 61, z * 37)
    # Patches where the road was opened and closed again.
    patch = cell_random(np.floor(x / 1.9), np.floor(z / 5.3), np.asarray(road.crossing[0] * 997))
    grain *= np.where(patch < 0.09, 0.78, np.where(patch > 0.95, 1.18, 1.0))
    # Asphalt that is darker than usual is in a car's own shade, and so is the paint on it.
    shade = asphalt[:, :1] / ASPHALT * (0.93 + 0.07 * noise(x * 31, z * 13))[:, None]
    paint = white[:, None] * np.full(3, PAINT, np.float32)
    paint = paint + yellow[:, None] * np.array([0.50, 0.34, 0.07], np.float32)
    cover = (white + yellow)[:, None]
    return asphalt * grain[:, None] * (1 - 0.92 * cover) + 0.92 * paint * shade


def pavement_albedo(x: Floats, z: Floats, fine: Floats, concrete: Floats) -> Floats:
    """Put joints and stains on slabs of albedo (N, 3); samples as in `road_albedo`."""
    joint = np.maximum(
        stripes(x / 1.5, 0.04, fine / 1.5), stripes(z / 1.5, 0.04, fine * np.maximum(1, z / 1.5))
    )
    return concrete * (1 - 0.4 * joint + 0.08 * noise(x * 12, z * 12))[:, None]
