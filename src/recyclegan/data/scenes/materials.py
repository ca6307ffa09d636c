"""What surfaces are made of: albedo, window panes and lit rooms at every sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.scenes.buildings import Facade
from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.raster import Buffer
from recyclegan.data.scenes.street import ASPHALT, Road, Street
from recyclegan.data.scenes.surfaces import Kind, Surface
from recyclegan.data.scenes.textures import band, cell_random, noise, stripes

CURTAIN = np.array([0.50, 0.44, 0.34], np.float32)
PANE = np.array([0.03, 0.035, 0.04], np.float32)
ROOM = np.array([1.05, 0.66, 0.30], np.float32)
"""Light of an inhabited room's window at night."""
SHOP = np.array([0.95, 0.82, 0.58], np.float32)
PAINT = 0.62
"""Albedo of road marks."""


@dataclass(frozen=True)
class Materials:
    """What the P solid samples are made of, in linear light; day and night share it."""

    albedo: Floats
    """(P, 3)."""
    glass: Floats
    """Share of window pane, (P)."""
    glow: Floats
    """Light given off at night, (P, 3)."""
    glow_by_day: Floats
    """(P, 3)."""


def apply_materials(street: Street, surfaces: list[Surface], buffer: Buffer) -> Materials:
    """Work out the material of every solid sample."""
    albedo = np.array([s.albedo for s in surfaces], np.float32)[buffer.surface]
    glass = np.array([s.glass for s in surfaces], np.float32)[buffer.surface]
    glow = np.array([s.glow for s in surfaces], np.float32)[buffer.surface]
    by_day = np.array([s.always_on for s in surfaces], np.float32)[buffer.surface]
    result = Materials(albedo, glass, glow, glow * by_day[:, None])
    kind = buffer.kinds[buffer.solid]
    facade = np.array([s.facade for s in surfaces], np.int32)[buffer.surface]
    _paint_facades(result, buffer, np.flatnonzero(facade >= 0), facade, street.facades)
    _paint_road(result, buffer, np.flatnonzero(kind == Kind.ROAD), street.road)
    _paint_pavement(result, buffer, np.flatnonzero(kind == Kind.PAVEMENT))
    _paint_leaves(result, buffer, np.flatnonzero(kind == Kind.TREE))
    return result


def _paint_facades(
    out: Materials,
    buffer: Buffer,
    samples: NDArray[np.intp],
    facade: NDArray[np.int32],
    facades: list[Facade],
) -> None:
    """Put windows, ledges and shops on walls."""
    style = Facade(*np.array(facades, np.float32)[facade[samples]].T)
    place, normal, fine = buffer.place[samples], buffer.normal[samples], buffer.footprint[samples]
    sideways = np.abs(normal[:, 0]) > 0.5
    along = np.where(sideways, place[:, 2], place[:, 0]) - style.start
    up = place[:, 1]
    # On a wall seen at a slant a sample covers more of the wall's length than of its height.
    slope = np.abs(buffer.rays[buffer.solid[samples], 0])
    wide = np.where(sideways, fine / np.maximum(slope, 0.02), fine)
    above = up - np.maximum(style.shop_height, 0.6)
    column, row = along / style.bay, above / style.storey
    margin = (1 - style.window_width) / 2
    upper = band(above, 0.0, np.maximum(style.height - 1.2 - up + above, 0.0), fine)
    across = stripes(column - margin, style.window_width, wide / style.bay)
    window = across * stripes(row - 0.22, style.window_height, fine / style.storey) * upper
    ledge = stripes(row - 0.12, 0.07, fine / style.storey) * upper
    cornice = band(up, style.height - 0.7, style.height - 0.1, fine)
    seed = np.asarray(style.seed)
    chance = cell_random(np.floor(column), np.floor(row), seed) / style.homes
    # The paler the curtain by day, the brighter the window at night.
    home = np.where(chance < 1, 0.55 + 0.45 * chance, 0).astype(np.float32)
    # Far away a sample holds many windows: show their mean, not one of them at random.
    home += np.clip(wide / style.bay - 0.6, 0, 1) * (0.77 * style.homes - home)
    shop = style.shop_height > 0
    shop_glass = shop * band(up, 0.5, 2.9, fine) * stripes(along / 4.5, 0.86, wide / 4.5)
    awning = shop * band(up, 3.0, 3.8, fine)

    stain = 1 + 0.06 * noise(along * 3, up * 3)
    brick = 1 - 0.10 * stripes(up / 0.3, 0.18, fine / 0.3)
    wall = out.albedo[samples] * (stain * brick)[:, None]
    wall *= (1 + 0.35 * np.maximum(ledge, cornice))[:, None]
    albedo = wall + window[:, None] * (PANE + home[:, None] * (CURTAIN - PANE) - wall)
    awning_colour = np.stack([style.awning_red, style.awning_green, style.awning_blue], axis=1)
    albedo += shop_glass[:, None] * (PANE * 2 - albedo)
    albedo += awning[:, None] * (awning_colour - albedo)
    out.albedo[samples] = albedo
    out.glass[samples] = window * (1 - 0.75 * home) + 0.6 * shop_glass
    goods = 0.75 + 0.25 * noise(along * 14, up * 14)
    glow = (window * home)[:, None] * ROOM + (shop_glass * goods)[:, None] * SHOP
    out.glow[samples] = glow + awning[:, None] * (0.5 * awning_colour)


def _paint_road(out: Materials, buffer: Buffer, samples: NDArray[np.intp], road: Road) -> None:
    """Put lane lines, stop lines, zebra crossings, wear and patches on the asphalt."""
    x, z = buffer.place[samples, 0], buffer.place[samples, 2]
    fine = buffer.footprint[samples]
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
    asphalt = out.albedo[samples] * grain[:, None]
    shade = (out.albedo[samples, :1] / ASPHALT) * (0.93 + 0.07 * noise(x * 31, z * 13))[:, None]
    paint = white[:, None] * np.full(3, PAINT, np.float32)
    paint = paint + yellow[:, None] * np.array([0.50, 0.34, 0.07], np.float32)
    cover = (white + yellow)[:, None]
    out.albedo[samples] = asphalt * (1 - 0.92 * cover) + 0.92 * paint * shade


def _paint_pavement(out: Materials, buffer: Buffer, samples: NDArray[np.intp]) -> None:
    """Put joints and stains on the slabs."""
    x, z = buffer.place[samples, 0], buffer.place[samples, 2]
    fine = buffer.footprint[samples]
    joint = np.maximum(
        stripes(x / 1.5, 0.04, fine / 1.5), stripes(z / 1.5, 0.04, fine * np.maximum(1, z / 1.5))
    )
    out.albedo[samples] *= (1 - 0.4 * joint + 0.08 * noise(x * 12, z * 12))[:, None]


def _paint_leaves(out: Materials, buffer: Buffer, samples: NDArray[np.intp]) -> None:
    """Break the crowns up into bunches of leaves."""
    place = buffer.place[samples]
    bunch = noise(place[:, 0] * 40 + 7 * place[:, 2], place[:, 1] * 40)
    out.albedo[samples] *= np.clip(1 + 0.3 * bunch, 0.3, 1.8)[:, None]
