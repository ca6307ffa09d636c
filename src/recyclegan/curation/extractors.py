"""Two ways to describe a picture by numbers: a pretrained network, or its light and dark alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from recyclegan.networks.pretrained import Backbone, load_backbone


class Extractor(Protocol):
    """Features of pictures; `identity` says all that they depend on, as plain JSON."""

    identity: dict[str, Any]
    size: int
    """Side of the square that a whole picture is squeezed to, in pixels."""

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return features (N,D) of unit length from RGB pictures (N,size,size,3)."""


class NetworkFeatures:
    """The penultimate layer of a pretrained network: what is in a picture."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        self.size = backbone.size
        self.identity = {
            "features": backbone.name,
            "weights_sha256": backbone.weights_sha256,
            "size": self.size,
        }

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return features (N,D) of unit length from RGB pictures (N,size,size,3)."""
        return _unit_length(self.backbone.features(torch.from_numpy(pixels)).numpy())


class LuminanceFeatures:
    """Where a small grey picture is lighter or darker than around: its layout, at any exposure.

    Each pixel less the mean around it, divided by the deviation around it.
    """

    SIGMA = 4.0
    """Standard deviation of the window in pixels of the small picture."""
    NOISE = 2.0
    """Grey levels of 255 added to the deviation, so that black sky stays near zero."""

    def __init__(self) -> None:
        self.size = 32
        self.identity = {
            "features": "luminance",
            "size": self.size,
            "sigma": self.SIGMA,
            "noise": self.NOISE,
        }

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return features (N,size²) of unit length from RGB pictures (N,size,size,3)."""
        grey = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
        window = (0, self.SIGMA, self.SIGMA)
        relative = grey - gaussian_filter(grey, window)
        deviation = np.sqrt(gaussian_filter(relative**2, window)) + self.NOISE
        return _unit_length((relative / deviation).reshape(len(grey), -1))


def load_extractor(name: str, weights: Path | None = None) -> Extractor:
    """Return `luminance`, or the features of a network that timm knows by this name.

    Raises:
        UserError: no such network, or no weights for it; see `load_backbone`.
    """
    if name == "luminance":
        return LuminanceFeatures()
    return NetworkFeatures(load_backbone(name, weights))


def squeezed(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Return the whole picture as (size,size,3): a crop would not see the sides of a wide one."""
    small = image.resize((size, size), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(small)


def _unit_length(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features (N,D) over their lengths, so that distances are from 0 to 2."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (features / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit
