"""Cars, vans and lorries, seen from behind or from in front."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.lights import HEADLIGHT, TAILLIGHT, Light
from recyclegan.data.scenes.surfaces import (
    BLACK,
    Colour,
    Kind,
    Solid,
    Surface,
    facing,
    flat,
    frustum,
    inset,
    upright,
)

PAINTS: tuple[Colour, ...] = (
    (0.02, 0.02, 0.025),
    (0.07, 0.07, 0.08),
    (0.30, 0.31, 0.33),
    (0.62, 0.62, 0.62),
    (0.75, 0.75, 0.74),
    (0.30, 0.03, 0.03),
    (0.04, 0.08, 0.25),
    (0.75, 0.42, 0.02),  # taxi
    (0.75, 0.42, 0.02),
)
GLASS: Colour = (0.02, 0.025, 0.03)
RUBBER: Colour = (0.015, 0.015, 0.015)
SIDE_PANES = ((0.06, 0.47), (0.53, 0.94))
"""Where the side windows begin and end, as shares of the cabin."""


class Shape(NamedTuple):
    """Lengths in metres; the cabin's place along the car and its slopes."""

    width: float
    length: float
    waist: float
    roof: float
    cabin: tuple[float, float]
    """Where the cabin stands, from the rear bumper, as shares of the length."""
    taper: tuple[float, float, float]
    """How far the roof stands back at each side, at the rear and at the front."""


SHAPES: tuple[tuple[float, Shape], ...] = (
    (0.45, Shape(1.8, 4.6, 0.92, 1.45, (0.12, 0.74), (0.20, 0.65, 0.75))),
    (0.35, Shape(1.9, 4.7, 1.05, 1.75, (0.02, 0.74), (0.16, 0.30, 0.70))),
    (0.15, Shape(2.0, 5.4, 1.20, 2.15, (0.00, 0.88), (0.12, 0.08, 0.80))),
    (0.05, Shape(2.3, 7.5, 3.10, 3.15, (0.00, 0.99), (0.02, 0.02, 0.02))),
)


def vehicle(
    rng: np.random.Generator, x: float, z: float, *, oncoming: bool, parked: bool
) -> tuple[Solid, list[Light]]:
    """Build a vehicle whose nearer end is at (x, z), and the lights that it shows if not parked."""
    shape = _draw_shape(rng)
    paint = PAINTS[rng.integers(len(PAINTS))]
    left, right = x - shape.width / 2, x + shape.width / 2
    start, end = shape.cabin
    taper = shape.taper
    if oncoming:
        start, end = 1 - end, 1 - start
        taper = (taper[0], taper[2], taper[1])
    body = frustum((left, right, z, z + shape.length), (0.28, shape.waist), (0.03, 0.05, 0.05))
    cabin = frustum(
        (left + 0.05, right - 0.05, z + start * shape.length, z + end * shape.length),
        (shape.waist, shape.roof),
        taper,
    )
    shadow = flat(left - 0.15, right + 0.15, z - 0.25, z + shape.length + 0.1, 0.02)
    surfaces = [
        Surface(shadow, np.array([0, 1, 0], np.float32), Kind.ROAD, (0.02, 0.02, 0.02)),
        facing(upright(left + 0.1, right - 0.1, 0.08, 0.3, z + 0.1), Kind.VEHICLE, RUBBER),
        facing(upright(left + 0.05, left + 0.28, 0.0, 0.35, z + 0.05), Kind.VEHICLE, RUBBER),
        facing(upright(right - 0.28, right - 0.05, 0.0, 0.35, z + 0.05), Kind.VEHICLE, RUBBER),
    ]
    for box in (body, cabin):
        surfaces += [Surface(*face, Kind.VEHICLE, paint) for face in box.values()]
    for name, panes in (("near", ((0.07, 0.93),)), ("left", SIDE_PANES), ("right", SIDE_PANES)):
        face, normal = cabin[name]
        surfaces += [
            Surface(inset(face, pane, (0.1, 0.86)), normal, Kind.VEHICLE, GLASS, glass=1.0)
            for pane in panes
        ]
    for side, edge in (("left", left), ("right", right)):
        for along in (0.19, 0.8):
            wheel = _wheel(edge, z + along * shape.length)
            surfaces.append(Surface(wheel, body[side][1], Kind.VEHICLE, RUBBER))
    if shape.waist > 2:
        doors = [inset(body["near"][0], pane, (0.1, 0.95)) for pane in ((0.06, 0.49), (0.51, 0.94))]
        darker = (0.7 * paint[0], 0.7 * paint[1], 0.7 * paint[2])
        surfaces += [Surface(door, body["near"][1], Kind.VEHICLE, darker) for door in doors]
    fittings, lights = _fittings(shape, (left, right, z), oncoming, parked)
    return Solid(z, surfaces + fittings), lights


def _draw_shape(rng: np.random.Generator) -> Shape:
    """Draw a shape and vary its size a little."""
    shares = np.cumsum([share for share, _ in SHAPES])
    shape = SHAPES[int(np.searchsorted(shares, rng.random() * shares[-1]))][1]
    return shape._replace(length=shape.length * rng.uniform(0.94, 1.06))


def _wheel(x: float, z: float) -> Floats:
    """Return the corners (8, 3) of a wheel on a car's side."""
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    height, along = 0.33 + 0.33 * np.sin(angle), z + 0.33 * np.cos(angle)
    return np.stack([np.full(8, x), height, along], axis=1).astype(np.float32)


def _fittings(
    shape: Shape, place: tuple[float, float, float], oncoming: bool, parked: bool
) -> tuple[list[Surface], list[Light]]:
    """Build bumper, plate and lamps on the nearer end."""
    left, right, z = place
    high = shape.waist - 0.12 if shape.waist < 2 else 0.95
    bumper = facing(upright(left + 0.03, right - 0.03, 0.28, 0.42, z - 0.01), Kind.VEHICLE, RUBBER)
    plate_x = (left + right) / 2
    plate = facing(
        upright(plate_x - 0.22, plate_x + 0.22, 0.5, 0.64, z - 0.01), Kind.VEHICLE, (0.6, 0.5, 0.2)
    )
    source = HEADLIGHT if oncoming else TAILLIGHT
    lens_low, lens_width = (high - 0.16, 0.34) if oncoming else (high - 0.2, 0.3)
    surfaces, lights = [bumper, plate], []
    for x0, x1 in (
        (left + 0.06, left + 0.06 + lens_width),
        (right - 0.06 - lens_width, right - 0.06),
    ):
        lens = facing(upright(x0, x1, lens_low, high, z - 0.02), Kind.VEHICLE, source.lens)
        glow: Colour = BLACK if parked else source.glow
        surfaces.append(lens._replace(glow=glow))
        if not parked:
            lights.append(Light(((x0 + x1) / 2, (lens_low + high) / 2, z - 0.05), source))
    return surfaces, lights
