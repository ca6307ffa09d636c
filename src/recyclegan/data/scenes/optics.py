"""From light to a picture: averaging samples, bloom, exposure, noise, sRGB."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.scenes.camera import Floats
from recyclegan.data.scenes.raster import OVERSAMPLING

BLOOM = ((0.73, 0.0), (0.15, 0.007), (0.08, 0.02), (0.04, 0.07))
"""Shares of a point's light and how far lens and eye spread them, as shares of the side."""


def average_samples(samples: Floats) -> Floats:
    """Average the samples (side * side, 3) of each pixel; returns (size, size, 3)."""
    size = round(len(samples) ** 0.5) // OVERSAMPLING
    grid = samples.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3)
    # Adding the slices takes half the time of a mean over two axes that are not neighbours.
    total = np.zeros((size, size, 3), np.float32)
    for down, across in np.ndindex(OVERSAMPLING, OVERSAMPLING):
        total += grid[:, down, :, across]
    return total / np.float32(OVERSAMPLING**2)


@cache
def _bloom_spectrum(padded: int, size: int) -> Floats:
    """Return the Fourier transform of the bloom on a padded square, (padded, padded // 2 + 1)."""
    square = np.fft.fftfreq(padded)[:, None] ** 2 + np.fft.rfftfreq(padded)[None, :] ** 2
    # A blur under 0.8 px has a spectrum that the pixels cut off: it would ring around the lamps.
    widths = [max(width * size, 0.8) if width else 0.0 for _, width in BLOOM]
    blurs = [
        share * np.exp(-2 * (np.pi * width) ** 2 * square)
        for (share, _), width in zip(BLOOM, widths, strict=True)
    ]
    return np.sum(blurs, axis=0).astype(np.float32)


def bloom(light: Floats) -> Floats:
    """Spread bright light (size, size, 3) over its surroundings, as a lens does."""
    size = len(light)
    padded = size + size // 4
    spectrum = np.fft.rfft2(light, s=(padded, padded), axes=(0, 1))
    spread = np.fft.irfft2(
        spectrum * _bloom_spectrum(padded, size)[..., None], s=(padded, padded), axes=(0, 1)
    )
    return np.maximum(spread[:size, :size], 0).astype(np.float32)


def expose(light: Floats, gain: float) -> Floats:
    """Map linear light to [0, 1] sRGB: straight in the dark, rolling off to white."""
    linear = 1 - np.exp(-gain * light)
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-6) ** (1 / 2.4) - 0.055
    ).astype(np.float32)


def develop(
    light: Floats, gain: float, grain: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Expose light (H, W, 3), add the sensor's noise of deviation `grain`, round to 8 bits."""
    picture = expose(light, gain)
    picture += grain * rng.standard_normal(picture.shape, np.float32)
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
