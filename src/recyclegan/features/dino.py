"""Structure that a translation keeps, as a network sees it that was trained without labels.

Tumanyan et al., "Splicing ViT features for semantic appearance transfer" (2022), section 3.2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from recyclegan.networks.pretrained import Backbone, has_local_weights, load_backbone

NETWORKS = ("vit_base_patch8_224.dino", "vit_small_patch16_224.dino")
"""As timm calls them, in order of preference."""

BATCH = 4
"""Pairs whose self-similarities are held at a time."""


class Dino:
    """How alike the parts of a picture are to each other; pictures are (N,3,H,W) in [-1, 1]."""

    def __init__(self, backbone: Backbone) -> None:
        self.name = backbone.name.replace(".", "_")
        self.backbone = backbone
        self.identity: dict[str, Any] = {
            "extractor": backbone.name,
            "weights_sha256": backbone.weights_sha256,
            "features": "keys of the last block",
            "resize": "whole picture squeezed to a square, bicubic with antialiasing",
            "size": backbone.size,
            "range": "[-1, 1]",
        }
        self._keys: Tensor
        network: Any = backbone.network
        network.blocks[-1].attn.qkv.register_forward_hook(self._keep_keys)

    def _keep_keys(self, module: Any, inputs: Any, output: Tensor) -> None:
        """Keep the middle third of query, key and value (N,T,3D): keys of all heads, joined."""
        self._keys = output.chunk(3, dim=-1)[1]

    @torch.inference_mode()
    def self_similarity(self, pictures: Tensor) -> Tensor:
        """Return the cosines (N,T,T) between the keys of a picture's T tokens, the first of all.

        Raises:
            AssertionError: a value is outside [-1, 1].
        """
        low, high = pictures.aminmax()
        assert low >= -1 and high <= 1, f"pictures in [-1, 1] wanted, got [{low}, {high}]"
        size = (self.backbone.size, self.backbone.size)
        square = interpolate(pictures, size, mode="bicubic", antialias=True).clamp(-1, 1)
        self.backbone.network((square.add(1).div(2) - self.backbone.mean) / self.backbone.std)
        keys = normalize(self._keys, dim=-1)
        return keys @ keys.mT

    def structure_distance(self, source: Tensor, fake: Tensor) -> Tensor:
        """Return how much the self-similarity of each picture changed (N,), 0 for none.

        The mean squared difference of its entries; sizes may differ. Often published times 100.

        Raises:
            AssertionError: a value is outside [-1, 1], or the numbers of pictures differ.
        """
        assert len(source) == len(fake), f"{len(source)} and {len(fake)} pictures"
        pairs = zip(torch.split(source, BATCH), torch.split(fake, BATCH), strict=True)
        distances = [
            (self.self_similarity(a) - self.self_similarity(b)).square().mean((1, 2))
            for a, b in pairs
        ]
        return torch.cat(distances)


def load_dino(weights: Path | None = None) -> Dino:
    """Return the largest DINO for which weights are at hand; else it is fetched.

    Args:
        weights: the file of its weights or a directory with it; else RECYCLEGAN_WEIGHTS, torch
            hub's cache and a download are tried.

    Raises:
        Unavailable: timm or the weights are missing; says the way out within seconds.
        UserError: the weights are another network's.
    """
    local = (name for name in NETWORKS if has_local_weights(name, weights))
    return Dino(load_backbone(next(local, NETWORKS[0]), weights))


def has_local_dino(weights: Path | None = None) -> bool:
    """Return whether the weights of a DINO are on this machine already.

    Raises:
        Unavailable: timm is missing; says the way out.
    """
    return any(has_local_weights(name, weights) for name in NETWORKS)
