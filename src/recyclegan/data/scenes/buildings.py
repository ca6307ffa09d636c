"""Rows of houses along a street: boxes with a style that the facade texture reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recyclegan.data.scenes.surfaces import Colour, Kind, Solid, Surface, frustum

WALLS: tuple[Colour, ...] = (
    (0.33, 0.13, 0.09),  # red brick
    (0.26, 0.14, 0.10),
    (0.40, 0.21, 0.13),
    (0.45, 0.36, 0.26),  # sandstone
    (0.55, 0.48, 0.38),
    (0.36, 0.35, 0.34),  # concrete
    (0.50, 0.50, 0.50),
    (0.22, 0.25, 0.30),  # slate
)
AWNINGS: tuple[Colour, ...] = (
    (0.45, 0.06, 0.05),
    (0.05, 0.22, 0.10),
    (0.06, 0.12, 0.38),
    (0.55, 0.36, 0.05),
    (0.60, 0.58, 0.55),
)


class Facade(NamedTuple):
    """How a wall's windows repeat; lengths in metres, the rest shares of a window's cell."""

    start: float
    """Where along the wall the first window column begins."""
    bay: float
    storey: float
    window_width: float
    window_height: float
    shop_height: float
    """Of the ground floor with a shop window; 0 where there is none."""
    height: float
    seed: float
    homes: float
    """Share of windows with pale curtains by day and light at night."""
    awning_red: float
    awning_green: float
    awning_blue: float


def _facade(rng: np.random.Generator, start: float, height: float, with_shops: bool) -> Facade:
    """Draw one wall's style."""
    office = rng.random() < 0.25
    awning = AWNINGS[rng.integers(len(AWNINGS))]
    return Facade(
        start=start,
        bay=rng.uniform(1.6, 2.2) if office else rng.uniform(2.2, 3.4),
        storey=rng.uniform(3.0, 3.6),
        window_width=rng.uniform(0.7, 0.85) if office else rng.uniform(0.36, 0.55),
        window_height=rng.uniform(0.6, 0.7) if office else rng.uniform(0.48, 0.6),
        shop_height=4.0 if with_shops and rng.random() < 0.6 else 0.0,
        height=height,
        seed=float(rng.integers(1 << 20)),
        homes=rng.uniform(0.10, 0.22),
        awning_red=awning[0],
        awning_green=awning[1],
        awning_blue=awning[2],
    )


def _wall_colour(rng: np.random.Generator) -> Colour:
    """Draw a wall's albedo near one of the palette's."""
    base = WALLS[rng.integers(len(WALLS))]
    tint = rng.uniform(0.85, 1.15) * rng.uniform(0.95, 1.05, 3)
    return (base[0] * tint[0], base[1] * tint[1], base[2] * tint[2])


def building_row(
    rng: np.random.Generator,
    facades: list[Facade],
    front: float,
    crossing: tuple[float, float],
    length: float,
) -> list[Solid]:
    """Build one side of the street, its walls at x = `front`, with a gap for the crossing.

    Adds the styles of its walls to `facades`.
    """
    solids = []
    typical = rng.uniform(9, 20)
    start = rng.uniform(-12, -2)
    while start < length:
        end = start + rng.uniform(9, 24)
        if start < crossing[1] and end > crossing[0]:
            if crossing[0] - start > 6:
                end = crossing[0]
            else:
                start = crossing[1]
                continue
        height = typical * rng.uniform(0.55, 1.5)
        solids.append(_building(rng, facades, front, (start, end), height))
        start = end + (rng.uniform(2, 8) if rng.random() < 0.15 else 0.0)
    return solids


def _building(
    rng: np.random.Generator,
    facades: list[Facade],
    front: float,
    span: tuple[float, float],
    height: float,
) -> Solid:
    """Build one house: its wall on the street, the wall towards the camera and its roof."""
    back = front + np.sign(front) * 16
    box = frustum((min(front, back), max(front, back), *span), (0.0, height))
    colour = _wall_colour(rng)
    street_side = "left" if front > 0 else "right"
    surfaces = [Surface(*box["top"], Kind.BUILDING, (0.2, 0.2, 0.2))]
    street_facade = _facade(rng, span[0], height, with_shops=True)
    for name, style in (
        ("near", street_facade._replace(start=min(front, back), shop_height=0.0)),
        (street_side, street_facade),
    ):
        surfaces.append(Surface(*box[name], Kind.BUILDING, colour, facade=len(facades)))
        facades.append(style)
    return Solid(span[0], surfaces)


def skyline(rng: np.random.Generator, facades: list[Facade], distance: float) -> list[Solid]:
    """Build the towers that close the view at the street's end."""
    solids = []
    left = -110.0
    while left < 110:
        right = left + rng.uniform(12, 30)
        height = rng.uniform(10, 26) + (rng.uniform(15, 40) if rng.random() < 0.35 else 0.0)
        far = distance + rng.uniform(0, 60)
        wall = frustum((left, right, far, far + 10), (0.0, height))["near"]
        surface = Surface(*wall, Kind.BUILDING, _wall_colour(rng), facade=len(facades))
        facades.append(_facade(rng, left, height, with_shops=False))
        solids.append(Solid(far, [surface]))
        left = right + rng.uniform(-4, 8)
    return solids
