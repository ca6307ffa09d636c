"""What a picture shows, whatever the light: the directions of its edges, place by place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE = 64
"""The picture is seen at SIDE x SIDE."""

NUM_FEATURES = 2 * SIDE**2

DARKEST = 0.03
"""Added to grey levels in [0, 1] before the logarithm: noise in the black is no edge."""

SMOOTHING, SURROUNDINGS = 0.5, 3.0
"""Deviations in px of the Gaussians over the picture and over the strength of its edges."""

FAINTEST, STRONGEST = 0.02, 2.0
"""Edges fainter than the first fade; none counts more than STRONGEST times its surroundings."""


def edge_directions(image: Image.Image) -> NDArray[np.float16]:
    """Return a picture's edge directions, (NUM_FEATURES,) of unit length; zeros where it is flat.

    The logarithm makes a gradient independent of exposure; dividing by the strength of edges
    nearby makes a lamp count no more than the wall beside it; doubling the angle makes an edge the
    same whether its left or its right is lit. What stays is where edges are and how they run, which
    the day and the night of a place share. The product of two such vectors is a likeness in
    [-1, 1]. Source: doubled angles, Bigun and Granlund 1987 (structure tensor); local
    normalisation, Dalal and Triggs 2005 (HOG, section 6.4).
    """
    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    grey = np.log(np.asarray(small, np.float32) / 255 + DARKEST)
    down, right = np.gradient(gaussian_filter(grey, SMOOTHING))
    strength = np.hypot(right, down)
    nearby = gaussian_filter(strength, SURROUNDINGS) + FAINTEST
    weight = np.minimum(strength / nearby, STRONGEST)
    angle = 2 * np.arctan2(down, right)
    features = np.stack([weight * np.cos(angle), weight * np.sin(angle)]).ravel()
    length = float(np.linalg.norm(features))
    # Flat but for rounding: its directions would be chance.
    if strength.max() < 1e-4:
        return np.zeros(NUM_FEATURES, np.float16)
    return (features / length).astype(np.float16)
