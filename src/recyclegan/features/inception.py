"""The features that the Frechet Inception distance is defined on, as torch-fidelity computes them.

Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium"
(2017): the last pooling layer of the InceptionV3 that TensorFlow published on 2015-12-05.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from recyclegan.atomic import sha256
from recyclegan.errors import UserError
from recyclegan.networks.weights import Unavailable, find_weights, local_weights, read_weights

FILE = "weights-inception-2015-12-05-6726825d.pth"
NAMES = (FILE, "inception.safetensors", "inception.pth")
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"


class InceptionFeatures:
    """2048 features of a picture at its own size; the network's resize is part of the recipe."""

    name = "inception"
    width = 2048

    def __init__(self, network: torch.nn.Module, weights_sha256: str) -> None:
        self.network = network
        self.identity: dict[str, Any] = {
            "extractor": "inception-v3-2015-12-05",
            "weights_sha256": weights_sha256,
            "resize": "TensorFlow 1 bilinear of the whole picture to a square, in the network",
            "size": 299,
            "range": "(8 bit - 128) / 128",
        }

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Return an RGB picture as (H,W,3) at its own size."""
        return np.array(image)

    @torch.inference_mode()
    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return features (N,2048) of pictures (N,H,W,3) of any one size."""
        pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        features: NDArray[np.float32] = self.network(pictures)[0].numpy()
        return features


def has_local_inception(weights: Path | None = None) -> bool:
    """Return whether Inception's weights are on this machine already."""
    return local_weights(NAMES, weights) is not None


def load_inception(weights: Path | None = None) -> InceptionFeatures:
    """Return the extractor of FID and KID.

    Raises:
        Unavailable: torch-fidelity or the weights are missing; says the way out.
        UserError: the weights are another network's, or hold more than plain tensors.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError:
        raise Unavailable(
            "Features of inception need torch-fidelity: pip install torch-fidelity"
        ) from None
    path = find_weights(NAMES, URL, weights)
    # torch-fidelity would unpickle whatever the file holds: it gets nothing but the tensors.
    tensors = io.BytesIO()
    torch.save(read_weights(path), tensors)
    tensors.seek(0)
    try:
        network = FeatureExtractorInceptionV3("inception", ["2048"], tensors)
    except RuntimeError:
        raise UserError(f"{path} is not of inception: give its own weights, {FILE}.") from None
    return InceptionFeatures(network, sha256(path))
