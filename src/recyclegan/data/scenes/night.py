"""The street by night: dim blue light from above, lamps, lit windows, lights of cars."""

from __future__ import annotations

import numpy as np

from recyclegan.data.scenes.camera import NEAR, Floats
from recyclegan.data.scenes.lights import Light
from recyclegan.data.scenes.materials import Materials
from recyclegan.data.scenes.raster import OVERSAMPLING, Buffer
from recyclegan.data.scenes.sky import night_sky
from recyclegan.data.scenes.street import Street
from recyclegan.data.scenes.surfaces import Kind

AMBIENT = np.array([0.020, 0.024, 0.036], np.float32)
OWN_BEAM = np.array([70.0, 65.0, 56.0], np.float32)
"""Radiant intensity of the headlights of the car that carries the camera."""
FARTHEST = 80.0
"""Metres beyond which a light's pool is too small to be worth the work."""


def night_light(street: Street, buffer: Buffer, materials: Materials) -> Floats:
    """Return the light that reaches the camera by night, (side * side, 3), without reflections."""
    up = buffer.normal[:, 1:2]
    light = AMBIENT * (0.7 + 0.3 * up) + _own_headlights(street, buffer)
    light += _pools([lamp for lamp in street.lights if lamp.place[2] < FARTHEST], buffer)
    result = np.empty((len(buffer.rays), 3), np.float32)
    result[buffer.solid] = materials.albedo * light + materials.glow
    sky = np.flatnonzero(buffer.kinds == Kind.SKY)
    result[sky] = night_sky(street.weather, buffer.rays[sky])
    return result


def _pools(lights: list[Light], buffer: Buffer) -> Floats:
    """Return the irradiance (P, 3) from lights: each falls with the square of the distance."""
    # In order of z, the samples within a light's reach are one slice.
    order = np.argsort(buffer.place[:, 2], kind="stable")
    x, y, z = np.ascontiguousarray(buffer.place[order].T)
    normal_x, normal_y, normal_z = np.ascontiguousarray(buffer.normal[order].T)
    total = np.zeros((len(order), 3), np.float32)
    for source in dict.fromkeys(light.source for light in lights):
        strength = np.zeros(len(order), np.float32)
        beam_x, beam_y, beam_z = source.beam
        places = [light.place for light in lights if light.source is source]
        for at_x, at_y, at_z in np.array(places, np.float32):
            reach = min(source.reach, 18.0)
            near = slice(*np.searchsorted(z, (at_z - reach, at_z + reach)))
            dx, dy, dz = at_x - x[near], at_y - y[near], at_z - z[near]
            square = dx * dx + dy * dy + dz * dz + 1.5
            incidence = normal_x[near] * dx + normal_y[near] * dy + normal_z[near] * dz
            aim = np.maximum(-(beam_x * dx + beam_y * dy + beam_z * dz), 0)
            strength[near] += np.maximum(incidence, 0) * aim * aim / (square**2 * np.sqrt(square))
        total += strength[:, None] * np.array(source.power, np.float32)
    result = np.empty_like(total)
    result[order] = total
    return result


def _own_headlights(street: Street, buffer: Buffer) -> Floats:
    """Return the irradiance (P, 3) from the dipped headlights of the camera's own car."""
    delta = buffer.place - np.array([street.camera.x, 0.65, -1.5], np.float32)
    distance = np.sqrt(np.einsum("ij,ij->i", delta, delta))
    incidence = np.maximum(-np.einsum("ij,ij->i", buffer.normal, delta) / distance, 0)
    across = delta[:, 0] / delta[:, 2]
    height = delta[:, 1] / delta[:, 2]
    beam = np.exp(-((across / 0.28) ** 2)) * np.exp(
        -(((np.maximum(height, -0.03) + 0.03) / 0.04) ** 2)
    )
    return (incidence * beam / distance**2)[:, None] * OWN_BEAM


def road_reflections(street: Street, buffer: Buffer) -> Floats:
    """Return the streaks (size, size, 3) that lights draw towards the camera on the asphalt."""
    size = buffer.side // OVERSAMPLING
    kinds = buffer.kinds.reshape(buffer.side, buffer.side)[::OVERSAMPLING, ::OVERSAMPLING]
    result = np.zeros((size, size, 3), np.float32)
    rows = (np.arange(size, dtype=np.float32) + 0.5)[:, None]
    columns = (np.arange(size, dtype=np.float32) + 0.5)[None, :]
    for light in street.lights:
        x, y, z = light.place
        if z < NEAR:
            continue
        mirrored = np.array([[x, -y, z], [x, 0.0, z]], np.float32)
        (column, low), (_, foot) = street.camera.project(mirrored, size)
        width = max(0.16 * street.camera.focal * size / z, 0.5)
        left, right = (int(np.clip(column + side * 3 * width, 0, size)) for side in (-1, 1))
        top, bottom = (int(np.clip(row, 0, size)) for row in (foot, low + 0.8 * (low - foot) + 2))
        if left >= right or top >= bottom:
            continue
        window = (slice(top, bottom), slice(left, right))
        across = np.exp(-0.5 * ((columns[:, left:right] - column) / width) ** 2)
        spread = 0.35 * (low - foot) + 1
        along = np.exp(-0.5 * ((rows[top:bottom] - low) / spread) ** 2)
        colour = np.array(light.source.glow, np.float32) * (0.04 * light.source.streak)
        fade = 1 / (1 + (z / 40) ** 2)
        result[window] += (across * along * fade)[..., None] * colour
    return result * (kinds == Kind.ROAD)[..., None]
