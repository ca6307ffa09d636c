"""One street, seen by day, by night and in haze: the same geometry each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.daylight import day_light
from recyclegan.data.scenes.haze import STRENGTHS, add_haze
from recyclegan.data.scenes.materials import Materials, apply_materials
from recyclegan.data.scenes.night import night_light, road_reflections
from recyclegan.data.scenes.optics import average_samples, bloom, develop
from recyclegan.data.scenes.raster import OVERSAMPLING, Buffer, rasterise
from recyclegan.data.scenes.street import Street, build_street
from recyclegan.data.scenes.surfaces import Surface

DAY_GAIN, DAY_GRAIN = 1.7, 0.006
NIGHT_GAIN, NIGHT_GRAIN = 1.15, 0.012


class View:
    """A street's geometry as the camera sees it, before any light."""

    def __init__(self, seed: int, index: int, size: int) -> None:
        """Build street `index` of the sequence `seed` and draw it at `size` px a side."""
        layout, day, night, haze = np.random.SeedSequence([seed, index]).spawn(4)
        self._day_seed, self._night_seed, self._haze_seed = day, night, haze
        self._street: Street = build_street(np.random.default_rng(layout))
        self._surfaces: list[Surface] = self._street.in_drawing_order()
        self._buffer: Buffer = rasterise(self._street, self._surfaces, size)
        self._materials: Materials = apply_materials(self._street, self._surfaces, self._buffer)

    def day(self) -> NDArray[np.uint8]:
        """Return the picture by day, (H, W, 3) sRGB."""
        light = day_light(self._street, self._buffer, self._materials)
        rng = np.random.default_rng(self._day_seed)
        return develop(average_samples(light), DAY_GAIN, DAY_GRAIN, rng)

    def night(self) -> NDArray[np.uint8]:
        """Return the picture by night, (H, W, 3) sRGB."""
        light = average_samples(night_light(self._street, self._buffer, self._materials))
        light = bloom(light + road_reflections(self._street, self._buffer))
        return develop(light, NIGHT_GAIN, NIGHT_GRAIN, np.random.default_rng(self._night_seed))

    def hazy(self) -> NDArray[np.uint8]:
        """Return the picture by day in haze of a strength drawn for this street, (H, W, 3)."""
        rng = np.random.default_rng(self._haze_seed)
        beta = STRENGTHS[rng.integers(len(STRENGTHS))]
        grey = rng.uniform(0.80, 0.90)
        return add_haze(self.day(), self.depth(), beta, (grey, grey, min(1.0, grey + 0.02)))

    def depth(self) -> Floats:
        """Return the depth along the camera's axis in metres, (H, W); the sky is at 1000 m.

        It is the harmonic mean of a pixel's samples.
        """
        size = self._buffer.side // OVERSAMPLING
        grid = (1 / self._buffer.depth).reshape(size, OVERSAMPLING, size, OVERSAMPLING)
        return (1 / grid.mean(axis=(1, 3))).astype(np.float32)

    def classes(self) -> NDArray[np.uint8]:
        """Return what each pixel's first sample shows, (H, W): the numbers of `surfaces.Kind`."""
        side = self._buffer.side
        return self._buffer.kinds.reshape(side, side)[::OVERSAMPLING, ::OVERSAMPLING].copy()
