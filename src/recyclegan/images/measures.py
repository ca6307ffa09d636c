"""How bright and how sharp a picture is, in numbers that can be compared between pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import laplace

from recyclegan.images.resizing import resize_short_side

SIDE = 256
"""Larger pictures are measured at this short side: blur is a matter of pixels, so of size."""


@dataclass(frozen=True)
class Measures:
    """What can be said of a picture without knowing what it shows."""

    brightness: float
    """Mean of the grey levels, in [0, 1]."""
    contrast: float
    """Standard deviation of the grey levels, in [0, 0.5]."""
    sharpness: float
    """Variance of the Laplacian over the variance of the grey levels; 0 for one flat colour.

    The ratio, unlike the variance alone, does not call a dark or hazy picture blurred.
    """


def measure(image: Image.Image) -> Measures:
    """Return the measures of a picture of any size, at a short side of at most 256 pixels.

    Source: the variance of the Laplacian of Pech-Pacheco et al., "Diatom autofocusing in
    brightfield microscopy: a comparative study" (2000), made relative to the contrast.
    """
    grey = image.convert("L")
    if min(grey.size) > SIDE:
        grey = resize_short_side(grey, SIDE)
    levels = np.asarray(grey, np.float32) / 255
    variance = float(levels.var(dtype=np.float64))
    edges = laplace(levels, mode="nearest").var(dtype=np.float64)
    sharpness = float(edges) / variance if variance else 0.0
    return Measures(float(levels.mean(dtype=np.float64)), variance**0.5, sharpness)
