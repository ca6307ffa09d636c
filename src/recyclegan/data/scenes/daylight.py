"""The street by day: sun with shadows, light of the sky, reflections in windows."""

from __future__ import annotations

import numpy as np

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.materials import Materials
from recyclegan.data.scenes.raster import Buffer
from recyclegan.data.scenes.shadows import sunlit
from recyclegan.data.scenes.sky import HORIZON, day_sky
from recyclegan.data.scenes.street import Street

SUN = np.array([1.38, 1.24, 1.02], np.float32)
SKY = np.array([0.50, 0.56, 0.66], np.float32)
BOUNCE = np.array([0.20, 0.18, 0.16], np.float32)
VIEW = 1300.0
"""Metres after which the air hides two thirds of what is behind it."""


def day_light(street: Street, buffer: Buffer, materials: Materials) -> Floats:
    """Return the light that reaches the camera by day, (side * side, 3)."""
    weather = street.weather
    incidence = np.maximum(buffer.normal @ weather.sun, 0) * sunlit(street, buffer)
    up = buffer.normal[:, 1:2]
    # The deeper in the street, the less sky is seen.
    openness = np.clip(0.58 + 0.025 * buffer.place[:, 1:2], 0.5, 1.0)
    light = SKY * ((0.62 + 0.38 * up) * openness) + BOUNCE * (0.5 - 0.5 * up)
    light += weather.sunshine * incidence[:, None] * SUN
    radiance = materials.albedo * light
    mirrored = HORIZON * (0.08 + 0.14 * np.clip(buffer.place[:, 1:2] / 20, 0, 1))
    radiance += materials.glass[:, None] * mirrored + 0.25 * materials.glow_by_day
    clear = np.exp(-buffer.depth[buffer.solid] / VIEW)[:, None]
    result = np.empty((len(buffer.rays), 3), np.float32)
    result[buffer.solid] = radiance * clear + HORIZON * (1 - clear)
    sky = np.flatnonzero(buffer.kinds == 0)
    result[sky] = day_sky(weather, buffer.rays[sky])
    return result
