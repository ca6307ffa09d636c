"""What turns pictures into numbers: a pretrained network, or their light and dark alone."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from recyclegan.networks.pretrained import Backbone


class Extractor(Protocol):
    """Features of pictures, and all that they depend on."""

    name: str
    """Short, for names of figures: `inception`, `efficientnet_lite0`, `luminance`."""
    identity: dict[str, Any]
    """Plain JSON: the network, its weights' hash, resize, size and range.

    Features of equal identity can be compared, others never.
    """
    width: int
    """Number of features of a picture."""

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Return an RGB picture of any size as the (H,W,3) that `features` wants."""

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return raw features (N,D) of prepared pictures (N,H,W,3)."""


class NetworkFeatures:
    """The penultimate layer of a network that timm knows: what is in a picture."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        self.name = backbone.name.split(".")[0].removeprefix("tf_")
        mean, std = (
            [round(float(value), 6) for value in values.flatten()]
            for values in (backbone.mean, backbone.std)
        )
        blank = torch.zeros(1, backbone.size, backbone.size, 3, dtype=torch.uint8)
        self.width = backbone.features(blank).shape[1]
        self.identity: dict[str, Any] = {
            "extractor": backbone.name,
            "weights_sha256": backbone.weights_sha256,
            "resize": "whole picture squeezed to a square, Pillow bicubic",
            "size": backbone.size,
            "range": f"([0, 1] - {mean}) / {std}",
        }

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Return an RGB picture of any size as (size,size,3)."""
        return squeezed(image, self.backbone.size)

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return features (N,D) of pictures (N,size,size,3)."""
        return self.backbone.features(torch.from_numpy(pixels)).numpy()


class LuminanceFeatures:
    """Where a small grey picture is lighter or darker than around: its layout, at any exposure.

    Each pixel less the mean around it, divided by the deviation around it.
    """

    SIZE = 32
    SIGMA = 4.0
    """Standard deviation of the window in pixels of the small picture."""
    NOISE = 2.0
    """Grey levels of 255 added to the deviation, so that black sky stays near zero."""

    name = "luminance"
    width = SIZE**2

    def __init__(self) -> None:
        self.identity: dict[str, Any] = {
            "extractor": "luminance",
            "weights_sha256": None,
            "resize": "whole picture squeezed to a square, Pillow bicubic",
            "size": self.SIZE,
            "range": "grey levels of 255",
            "sigma": self.SIGMA,
            "noise": self.NOISE,
        }

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Return an RGB picture of any size as (32,32,3)."""
        return squeezed(image, self.SIZE)

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return features (N,1024) of pictures (N,32,32,3)."""
        grey = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
        window = (0, self.SIGMA, self.SIGMA)
        relative = grey - gaussian_filter(grey, window)
        deviation = np.sqrt(gaussian_filter(relative**2, window)) + self.NOISE
        features: NDArray[np.float32] = (relative / deviation).reshape(len(grey), -1)
        return features


def squeezed(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Return the whole picture as (size,size,3): a crop would not see the sides of a wide one."""
    small = image.resize((size, size), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.array(small)
