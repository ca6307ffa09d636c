"""What surfaces are made of: albedo, window panes and lights at every sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.scenes.buildings import Facade
from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.facades import wall_texture
from recyclegan.data.scenes.ground import pavement_albedo, road_albedo
from recyclegan.data.scenes.raster import Buffer
from recyclegan.data.scenes.street import Street
from recyclegan.data.scenes.surfaces import Kind, Surface
from recyclegan.data.scenes.textures import noise


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
    always = np.array([s.always_on for s in surfaces], np.float32)[buffer.surface]
    glow_by_day = glow * always[:, None]

    facade = np.array([s.facade for s in surfaces], np.int32)[buffer.surface]
    walls = np.flatnonzero(facade >= 0)
    styles = np.array(street.facades, np.float32)[facade[walls]]
    albedo[walls], glass[walls], glow[walls] = wall_texture(
        Facade(*styles.T), *_on_wall(styles[:, 0], buffer, walls), albedo[walls]
    )
    x, y, z = buffer.place.T
    kind, fine = buffer.kinds[buffer.solid], buffer.footprint
    road, pavement, leaves = (
        np.flatnonzero(kind == wanted) for wanted in (Kind.ROAD, Kind.PAVEMENT, Kind.TREE)
    )
    albedo[road] = road_albedo(street.road, x[road], z[road], fine[road], albedo[road])
    albedo[pavement] = pavement_albedo(x[pavement], z[pavement], fine[pavement], albedo[pavement])
    bunches = noise(x[leaves] * 40 + 7 * z[leaves], y[leaves] * 40)
    albedo[leaves] *= np.clip(1 + 0.3 * bunches, 0.3, 1.8)[:, None]
    return Materials(albedo, glass, glow, glow_by_day)


def _on_wall(
    start: Floats, buffer: Buffer, walls: NDArray[np.intp]
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Return how far along and up their walls samples lie, and how much of them each covers."""
    x, up, z = buffer.place[walls].T
    beside = np.abs(buffer.normal[walls, 0]) > 0.5
    along = np.where(beside, z, x) - start
    # On a wall seen at a slant a sample covers more of the wall's length than of its height.
    slope = np.abs(buffer.rays[buffer.solid[walls], 0])
    tall = buffer.footprint[walls]
    return along, up, (np.where(beside, tall / np.maximum(slope, 0.02), tall), tall)
