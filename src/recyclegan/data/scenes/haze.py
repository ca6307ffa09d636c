"""Haze over a picture whose depth is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recyclegan.data.scenes.camera import Floats

STRENGTHS = (0.010, 0.018, 0.030)
"""Scattering per metre: a third of the light is left after 110, 61 and 37 m."""


def add_haze(
    picture: NDArray[np.uint8], depth: Floats, beta: float, airlight: tuple[float, float, float]
) -> NDArray[np.uint8]:
    """Return I = J t + A (1 - t) with t = exp(-beta d), on 8-bit sRGB values.

    The picture J is (H, W, 3), the depth d (H, W) in metres, beta in 1/m, the airlight A in [0, 1].
    Koschmieder's law as the dehazing sets use it (He et al. 2009, eq. 1).
    """
    clear = np.exp(-beta * depth)[..., None]
    hazy = picture * clear + 255 * np.array(airlight, np.float32) * (1 - clear)
    return np.round(np.clip(hazy, 0, 255)).astype(np.uint8)
