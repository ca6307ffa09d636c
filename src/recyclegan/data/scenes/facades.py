"""The texture of walls: windows with curtains, ledges, shops under awnings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recyclegan.data.scenes.buildings import Facade
from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.textures import band, cell_random, noise, stripes

CURTAIN = np.array([0.50, 0.44, 0.34], np.float32)
PANE = np.array([0.03, 0.035, 0.04], np.float32)
ROOM = np.array([0.72, 0.44, 0.19], np.float32)
"""Light of an inhabited room's window at night."""
SHOP = np.array([0.55, 0.46, 0.31], np.float32)
"""Light of a shop window at night."""
DIMMEST = 0.55
"""Of the inhabited rooms, as a share of the brightest."""


class WallTexture(NamedTuple):
    """Albedo (N, 3), share of window pane (N) and light given off at night (N, 3)."""

    albedo: Floats
    glass: Floats
    glow: Floats


def wall_texture(
    style: Facade, along: Floats, up: Floats, size: tuple[Floats, Floats], wall: Floats
) -> WallTexture:
    """Return the texture of N samples of walls of albedo `wall`, (N, 3).

    The fields of `style` are arrays (N). A sample lies `along` metres from its wall's first window
    and `up` metres above the street, and covers `size` metres of the wall, along and up.
    """
    wide, tall = size
    base = np.maximum(style.shop_height, 0.6)
    column, row = along / style.bay, (up - base) / style.storey
    storeys = np.floor((style.height - 1.2 - base) / style.storey)
    windowed = band(row, 0.0, storeys, tall / style.storey)
    window = windowed * stripes(row - 0.22, style.window_height, tall / style.storey)
    window *= stripes(column - (1 - style.window_width) / 2, style.window_width, wide / style.bay)
    ledge = windowed * stripes(row - 0.12, 0.07, tall / style.storey)
    cornice = band(up, style.height - 0.7, style.height - 0.1, tall)
    home = _homes(style, column, row, wide / style.bay)
    shop = np.greater(style.shop_height, 0).astype(np.float32)
    display = shop * band(up, 0.5, 2.9, tall) * stripes(along / 4.5, 0.86, wide / 4.5)
    awning = (shop * band(up, 3.0, 3.8, tall))[:, None]

    stain = 1 + 0.06 * noise(along * 3, up * 3)
    courses = 1 - 0.10 * stripes(up / 0.3, 0.18, tall / 0.3)
    relief = 1 + 0.35 * np.maximum(ledge, cornice)
    albedo = wall * (stain * courses * relief)[:, None]
    albedo += window[:, None] * (PANE + home[:, None] * (CURTAIN - PANE) - albedo)
    albedo += display[:, None] * (2 * PANE - albedo)
    canvas = np.stack([style.awning_red, style.awning_green, style.awning_blue], axis=1)
    albedo += awning * (canvas - albedo)
    glass = window * (1 - 0.75 * home) + 0.6 * display
    goods = display * (0.75 + 0.25 * noise(along * 14, up * 14))
    glow = (window * home)[:, None] * ROOM + goods[:, None] * SHOP + awning * (0.5 * canvas)
    return WallTexture(albedo, glass, glow)


def _homes(style: Facade, column: Floats, row: Floats, wide: Floats) -> Floats:
    """Return how bright the room behind each sample's window is at night, (N) in [0, 1].

    The same number makes its curtain pale by day, so that each picture tells of the other.
    """
    seed = np.asarray(style.seed)
    chance = cell_random(np.floor(column), np.floor(row), seed) / style.homes
    home = np.where(chance < 1, DIMMEST + (1 - DIMMEST) * chance, 0).astype(np.float32)
    # Far away a sample holds many windows: show their mean, not one of them at random.
    mean = style.homes * (1 + DIMMEST) / 2
    return home + np.clip(wide - 0.6, 0, 1) * (mean - home)
