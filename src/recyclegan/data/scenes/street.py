"""The layout of one street, drawn at random: everything that day and night share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recyclegan.data.scenes.buildings import Facade, building_row, skyline
from recyclegan.data.scenes.camera import Camera, Floats
from recyclegan.data.scenes.furniture import sign, street_lamp, traffic_light, tree, walker
from recyclegan.data.scenes.lights import GREEN, RED, Light
from recyclegan.data.scenes.surfaces import Kind, Solid, Surface, flat, upright
from recyclegan.data.scenes.vehicles import vehicle

LENGTH = 190.0
"""Metres of street that are built."""

ASPHALT = 0.085
"""Albedo of the road."""


@dataclass(frozen=True)
class Road:
    """Widths and marks of the carriageway, in metres; it is symmetric about x = 0."""

    half_width: float
    lane: float
    num_lanes: int
    """In each direction."""
    parking: float
    """Width of the strip at the kerb for parked cars, 0 for none."""
    pavement: float
    crossing: tuple[float, float]
    """Where the side street begins and ends."""


@dataclass(frozen=True)
class Weather:
    """The day's sun and clouds; the clouds are there at night, too."""

    sun: Floats
    """Unit vector (3,) towards the sun."""
    sunshine: float
    """Share of direct light that comes through, in [0, 1]."""
    cover: float
    """Share of the sky under cloud, in [0, 1]."""
    drift: tuple[float, float]
    """Where in the noise tile the clouds are."""


@dataclass(frozen=True)
class Street:
    """A street and the camera in it."""

    camera: Camera
    road: Road
    weather: Weather
    ground: list[Surface]
    buildings: list[Solid]
    objects: list[Solid]
    facades: list[Facade]
    lights: list[Light]

    def in_drawing_order(self) -> list[Surface]:
        """Return all surfaces, the farthest first: ground, houses, then what is on the street.

        Nothing on the street is ever behind a house, for the camera is on the street as well.
        """
        solids = [
            solid
            for layer in (self.buildings, self.objects)
            for solid in sorted(layer, key=lambda solid: -solid.distance)
        ]
        return self.ground + [surface for solid in solids for surface in solid.surfaces]


def build_street(rng: np.random.Generator) -> Street:
    """Draw a street."""
    road = _draw_road(rng)
    camera = Camera(
        x=road.lane * 0.5 + rng.uniform(-0.3, 0.3),
        height=rng.uniform(1.35, 1.65),
        focal=rng.uniform(0.85, 1.0),
        vanishing=(rng.uniform(0.42, 0.58), rng.uniform(0.46, 0.56)),
    )
    facades: list[Facade] = []
    front = road.half_width + road.pavement
    buildings = skyline(rng, facades, LENGTH + 30)
    for side in (-1, 1):
        buildings += building_row(rng, facades, side * front, road.crossing, LENGTH)
    objects: list[Solid] = []
    lights: list[Light] = []
    for solid, shining in _traffic(rng, road) + _posts(rng, road):
        objects.append(solid)
        lights += shining
    return Street(
        camera, road, _draw_weather(rng), _ground(road), buildings, objects, facades, lights
    )


def _draw_road(rng: np.random.Generator) -> Road:
    """Draw the widths of the carriageway and where it is crossed."""
    lane, num_lanes = rng.uniform(3.1, 3.5), int(rng.integers(1, 3))
    parking = 2.3 if num_lanes == 1 or rng.random() < 0.6 else 0.4
    start = rng.uniform(16, 75)
    return Road(
        half_width=lane * num_lanes + parking,
        lane=lane,
        num_lanes=num_lanes,
        parking=parking,
        pavement=rng.uniform(2.8, 4.5),
        crossing=(start, start + rng.uniform(11, 15)),
    )


def _draw_weather(rng: np.random.Generator) -> Weather:
    """Draw a bright day."""
    elevation = np.radians(rng.uniform(42, 62))
    azimuth = np.radians(rng.choice([-1, 1]) * rng.uniform(50, 125))
    sun = np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ],
        np.float32,
    )
    cover = rng.uniform(0.25, 0.8)
    drift = (rng.uniform(0, 512), rng.uniform(0, 512))
    return Weather(sun, sunshine=1.05 - 0.6 * cover, cover=cover, drift=drift)


def _ground(road: Road) -> list[Surface]:
    """Lay the carriageway, the side street, and pavements with their kerbs."""
    up = np.array([0, 1, 0], np.float32)
    asphalt = (ASPHALT, ASPHALT, ASPHALT)
    surfaces = [Surface(flat(-150, 150, 0.1, LENGTH + 120), up, Kind.ROAD, asphalt)]
    edge = road.half_width
    for side in (-1, 1):
        for start, end in ((0.1, road.crossing[0] - 1.5), (road.crossing[1] + 1.5, LENGTH)):
            near, far = sorted((side * edge, side * (edge + road.pavement + 16)))
            slab = flat(near, far, start, end, 0.15)
            surfaces.append(Surface(slab, up, Kind.PAVEMENT, (0.27, 0.26, 0.25)))
            x = side * edge
            kerb = np.array(
                [[x, 0, start], [x, 0, end], [x, 0.15, end], [x, 0.15, start]], np.float32
            )
            inward = np.array([-side, 0, 0], np.float32)
            surfaces.append(Surface(kerb, inward, Kind.PAVEMENT, (0.33, 0.33, 0.32)))
            front = upright(near, far, 0.0, 0.15, start)
            facing_us = np.array([0, 0, -1], np.float32)
            surfaces.append(Surface(front, facing_us, Kind.PAVEMENT, (0.33, 0.33, 0.32)))
    return surfaces


def _traffic(rng: np.random.Generator, road: Road) -> list[tuple[Solid, list[Light]]]:
    """Put vehicles into every lane and the parking strips."""
    placed = []
    for lane in range(road.num_lanes):
        x = (lane + 0.5) * road.lane
        for direction in (1, -1):
            z = rng.uniform(8, 26) if direction * lane == 0 else rng.uniform(5, 22)
            while z < 130:
                wobble = rng.uniform(-0.25, 0.25)
                placed.append(
                    vehicle(rng, direction * x + wobble, z, oncoming=direction < 0, parked=False)
                )
                z += 6 + rng.gamma(2.0, 9.0)
    if road.parking > 1:
        kerb = road.half_width - road.parking / 2
        for direction in (1, -1):
            z = rng.uniform(2, 14)
            while z < 100:
                if not road.crossing[0] - 8 < z < road.crossing[1] + 4 and rng.random() < 0.6:
                    placed.append(
                        vehicle(rng, direction * kerb, z, oncoming=direction < 0, parked=True)
                    )
                z += rng.uniform(6.0, 7.5)
    return placed


def _posts(rng: np.random.Generator, road: Road) -> list[tuple[Solid, list[Light]]]:
    """Put lamps, trees, signs and the traffic lights along the kerbs."""
    placed = []
    state = GREEN if rng.random() < 0.5 else RED
    lamp_height, spacing = rng.uniform(6.5, 8.0), rng.uniform(22, 30)
    first = rng.uniform(12, 12 + spacing / 2)
    leafy = rng.random() < 0.7
    for side in (-1, 1):
        kerb = side * (road.half_width + 0.6)
        # The row begins behind the camera: the road in front is lit in every street. Lamps of the
        # two sides take turns.
        lamps = np.arange(first + (0.5 * side - 0.75) * spacing, 150, spacing)
        placed += [street_lamp(kerb, z, lamp_height) for z in lamps]
        for z in np.arange(rng.uniform(6, 16), 120, rng.uniform(8, 14)):
            on_crossing = road.crossing[0] - 5 < z < road.crossing[1] + 3
            if leafy and not on_crossing and rng.random() < 0.7:
                placed.append((tree(rng, kerb + side * 0.5, z + rng.uniform(-1, 1)), []))
        for z in rng.uniform(7, 70, rng.integers(2, 9)):
            walk = side * (road.half_width + rng.uniform(1.0, road.pavement - 0.5))
            placed.append((walker(rng, walk, z), []))
        placed += [(sign(rng, kerb, z), []) for z in (rng.uniform(8, 30), rng.uniform(30, 60))]
        beyond = road.crossing[1] + 2.5
        placed.append(traffic_light(kerb, beyond, rng.uniform(3.0, 4.5), state))
    return placed
