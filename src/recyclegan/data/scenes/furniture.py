"""What stands on the pavement: trees, street lamps, traffic lights, signs."""

from __future__ import annotations

import numpy as np

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.lights import AMBER, GREEN, LAMP, RED, Light, Source
from recyclegan.data.scenes.surfaces import Colour, Kind, Solid, Surface, facing, upright

METAL: Colour = (0.10, 0.11, 0.11)
BARK: Colour = (0.10, 0.07, 0.05)
HOUSING: Colour = (0.03, 0.03, 0.025)
SIGNS: tuple[tuple[Colour, tuple[float, float]], ...] = (
    ((0.02, 0.25, 0.12), (0.8, 0.25)),  # street name
    ((0.50, 0.03, 0.03), (0.3, 0.3)),
    ((0.65, 0.40, 0.02), (0.32, 0.32)),
    ((0.03, 0.10, 0.40), (0.3, 0.4)),
    ((0.65, 0.65, 0.65), (0.25, 0.4)),
)


def _pole(x: float, top: float, z: float, half_width: float, colour: Colour) -> Surface:
    """Build a thin upright."""
    return facing(upright(x - half_width, x + half_width, 0.0, top, z), Kind.POLE, colour)


def _disc(x: float, y: float, z: float, radius: float) -> Floats:
    """Return the corners (8, 3) of a disc that faces the camera."""
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False) + np.pi / 8
    return np.stack(
        [x + radius * np.cos(angle), y + radius * np.sin(angle), np.full(8, z)], axis=1
    ).astype(np.float32)


def street_lamp(x: float, z: float, height: float) -> tuple[Solid, list[Light]]:
    """Build a lamp whose arm reaches over the road."""
    reach = -np.sign(x) * 2.0
    tip = x + reach
    arm = upright(min(x, tip), max(x, tip), height - 0.06, height + 0.06, z)
    head = upright(tip - 0.38, tip + 0.38, height - 0.16, height + 0.04, z - 0.05)
    lens = facing(head, Kind.LAMP, LAMP.lens)._replace(glow=LAMP.glow)
    surfaces = [_pole(x, height, z, 0.08, METAL), facing(arm, Kind.POLE, METAL), lens]
    return Solid(z, surfaces), [Light((tip, height - 0.2, z), LAMP)]


def tree(rng: np.random.Generator, x: float, z: float) -> Solid:
    """Build a tree: a trunk and a crown of ragged clumps, darker below."""
    height = rng.uniform(5.0, 8.0)
    radius = rng.uniform(1.3, 2.3)
    surfaces = [_pole(x, height - radius, z, rng.uniform(0.10, 0.18), BARK)]
    green = np.array([0.07, 0.13, 0.03]) * rng.uniform(0.8, 1.25, 3)
    places = rng.normal(0, 0.5, (11, 3)) * radius
    for side, up, along in places[np.argsort(-places[:, 2])]:
        angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        reach = radius * rng.uniform(0.3, 0.55) * rng.uniform(0.7, 1.25, 14)
        centre_y = height - radius + 0.8 * up
        corners = np.stack(
            [
                x + side + reach * np.cos(angle),
                centre_y + 0.85 * reach * np.sin(angle),
                np.full(14, z + 0.2 * along),
            ],
            axis=1,
        ).astype(np.float32)
        light = 1.0 + 0.35 * np.clip(up / radius, -1, 1) + rng.uniform(-0.12, 0.12)
        red, green_, blue = green * light
        normal = np.array([0.35 * np.sign(side), 0.6, -0.72], np.float32)
        surfaces.append(Surface(corners, normal, Kind.TREE, (red, green_, blue)))
    return Solid(z, surfaces)


def sign(rng: np.random.Generator, x: float, z: float) -> Solid:
    """Build a road sign on its post."""
    colour, (half_width, half_height) = SIGNS[rng.integers(len(SIGNS))]
    y = rng.uniform(2.3, 2.9)
    board = upright(x - half_width, x + half_width, y - half_height, y + half_height, z - 0.05)
    return Solid(z, [_pole(x, y, z, 0.04, METAL), facing(board, Kind.SIGN, colour)])


def walker(rng: np.random.Generator, x: float, z: float) -> Solid:
    """Build somebody on the pavement: legs, coat and head."""
    tall = rng.uniform(0.93, 1.07)
    coat, trousers = rng.uniform(0.02, 0.35, 3), rng.uniform(0.02, 0.10, 3)
    skin = np.array([0.45, 0.30, 0.22]) * rng.uniform(0.4, 1.1)
    shapes = (
        (upright(x - 0.16, x - 0.02, 0.15, 0.95 * tall, z), trousers),
        (upright(x + 0.03, x + 0.17, 0.15, 0.95 * tall, z), trousers),
        (upright(x - 0.23, x + 0.23, 0.85 * tall, 1.52 * tall, z), coat),
        (_disc(x, 1.68 * tall, z, 0.13), skin),
    )
    return Solid(
        z,
        [
            facing(corners, Kind.PERSON, (colour[0], colour[1], colour[2]))
            for corners, colour in shapes
        ],
    )


def traffic_light(x: float, z: float, reach: float, state: Source) -> tuple[Solid, list[Light]]:
    """Build a mast with two traffic lights: one on the mast, one at the end of its arm."""
    tip = x - np.sign(x) * reach
    arm = upright(min(x, tip), max(x, tip), 5.7, 5.82, z)
    surfaces = [_pole(x, 5.8, z, 0.09, METAL), facing(arm, Kind.POLE, METAL)]
    lights = []
    for at, y in ((x, 3.6), (tip, 5.6)):
        surfaces.append(
            facing(upright(at - 0.22, at + 0.22, y - 0.62, y + 0.62, z - 0.1), Kind.SIGNAL, HOUSING)
        )
        for lamp, offset in ((RED, 0.38), (AMBER, 0.0), (GREEN, -0.38)):
            lens = facing(_disc(at, y + offset, z - 0.12, 0.15), Kind.SIGNAL, (0.03, 0.03, 0.03))
            if lamp is state:
                lens = lens._replace(albedo=lamp.lens, glow=lamp.glow, always_on=True)
                lights.append(Light((at, y + offset, z - 0.15), lamp))
            surfaces.append(lens)
    return Solid(z, surfaces), lights
