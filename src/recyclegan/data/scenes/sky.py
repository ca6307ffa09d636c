"""The sky by day and by night, with the same clouds."""

from __future__ import annotations

import numpy as np

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.street import Weather
from recyclegan.data.scenes.textures import smooth_noise

ZENITH = np.array([0.16, 0.34, 0.75], np.float32)
HORIZON = np.array([0.62, 0.74, 0.88], np.float32)
NIGHT_ZENITH = np.array([0.004, 0.006, 0.013], np.float32)
NIGHT_HORIZON = np.array([0.022, 0.018, 0.018], np.float32)
"""The town's own light in the haze."""


def clouds(weather: Weather, rays: Floats) -> Floats:
    """Return how thick the cloud is in each direction, (N) in [0, 1]."""
    climb = np.maximum(rays[:, 1], 0) + 0.12
    across, along = rays[:, 0] / climb, 1 / climb
    column, row = across * 26 + weather.drift[0], along * 26 + weather.drift[1]
    field = smooth_noise(column, row) + 0.25 * smooth_noise(column * 3.3, row * 3.3)
    threshold = 1.1 - 2.2 * weather.cover
    return np.clip((field - threshold) * 0.6 + 0.1, 0, 1)


def day_sky(weather: Weather, rays: Floats) -> Floats:
    """Return the sky's radiance, (N, 3): blue, paler downwards, clouds, a glow around the sun."""
    unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    climb = np.clip(unit[:, 1:2] * 2.2, 0, 1) ** 0.6
    blue = HORIZON + (ZENITH - HORIZON) * climb
    thick = clouds(weather, rays)[:, None]
    white = np.array([0.92, 0.93, 0.95], np.float32) * (1 - 0.25 * thick)
    near_sun = np.maximum(unit @ weather.sun, 0)[:, None]
    glow = 0.5 * near_sun**12 + 6.0 * near_sun**1500
    return blue + (white - blue) * (0.85 * thick) + weather.sunshine * glow


def night_sky(weather: Weather, rays: Floats) -> Floats:
    """Return the sky's radiance, (N, 3): almost black, the clouds faintly lit by the town."""
    unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    climb = np.clip(unit[:, 1:2] * 2.2, 0, 1) ** 0.6
    dark = NIGHT_HORIZON + (NIGHT_ZENITH - NIGHT_HORIZON) * climb
    return dark + clouds(weather, rays)[:, None] * np.array([0.012, 0.010, 0.010], np.float32)
