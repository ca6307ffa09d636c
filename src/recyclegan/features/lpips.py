"""LPIPS: how unlike two pictures are to the eye, as distances between vectors.

Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric" (2018), eq.
1, version 0.1. The published sum over layers, places and channels is the squared Euclidean
distance between two vectors, one for each picture: a set goes through the network once, however
many pairs are compared.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from recyclegan.atomic import sha256
from recyclegan.errors import UserError
from recyclegan.networks.named_layers import VGG, vgg_files, vgg_modules
from recyclegan.networks.weights import check_fit, find_weights, local_weights, read_weights

BATCH = 8
"""Pairs whose vectors `distance` holds at a time."""

TINY = 1e-10
"""Added to the length of a place's features before they are divided by it."""


@dataclass(frozen=True)
class _Trunk:
    """Where the weights of a network are, and the least side in pixels that it can look at."""

    names: tuple[str, ...]
    url: str
    min_side: int


TRUNKS = {
    "alex": _Trunk(
        names=(
            "alexnet_features.safetensors",
            "alexnet_features_fp16.safetensors",
            "alexnet-owt-7be5be79.pth",
        ),
        url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
        min_side=31,
    ),
    "vgg": _Trunk(*vgg_files("vgg16"), min_side=16),
}

VGG_SEEN = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
"""Layers of VGG16 that have a head."""


class Lpips:
    """LPIPS with one of its networks; pictures are RGB (N,3,H,W) in [-1, 1]."""

    def __init__(
        self, net: str, trunk: nn.Sequential, heads: list[Tensor], identity: dict[str, Any]
    ) -> None:
        self.name = f"lpips_{net}"
        self.identity = identity
        self.trunk = trunk
        self.heads = heads
        """How much each channel (C,1,1) of each layer counts, never negative."""
        self.min_side = TRUNKS[net].min_side

    @torch.inference_mode()
    def embed(self, pictures: Tensor) -> Tensor:
        """Return vectors (N,E) whose squared Euclidean distance is LPIPS.

        A picture of 256x256 becomes 2.5 MB with AlexNet and 31 MB with VGG16.

        Raises:
            AssertionError: a value is outside [-1, 1].
            UserError: the pictures are too small for the network; says how large they must be.
        """
        low, high = pictures.aminmax()
        assert low >= -1 and high <= 1, f"pictures in [-1, 1] wanted, got [{low}, {high}]"
        height, width = pictures.shape[-2:]
        if min(height, width) < self.min_side:
            raise UserError(
                f"{self.name} cannot look at {width}x{height} pictures: give some of at least "
                f"{self.min_side} px a side."
            )
        parts = []
        for features, head in zip(self._layers(pictures), self.heads, strict=True):
            unit = features / (features.square().sum(1, keepdim=True).sqrt() + TINY)
            places = features.shape[-2] * features.shape[-1]
            parts.append((unit * (head / places).sqrt()).flatten(1))
        return torch.cat(parts, 1)

    def distance(self, first: Tensor, second: Tensor) -> Tensor:
        """Return LPIPS (N,) of pictures and others of the same shape; 0 for equal ones.

        Raises:
            AssertionError: a value is outside [-1, 1], or the shapes differ.
            UserError: the pictures are too small for the network.
        """
        assert first.shape == second.shape, f"{tuple(first.shape)} and {tuple(second.shape)}"
        pairs = zip(torch.split(first, BATCH), torch.split(second, BATCH), strict=True)
        return torch.cat([(self.embed(a) - self.embed(b)).square().sum(1) for a, b in pairs])

    def _layers(self, pictures: Tensor) -> Iterator[Tensor]:
        """Yield the features (N,C,h,w) of each layer that has a head."""
        # ImageNet's mean and deviation in [-1, 1], with the digits of the published version 0.1.
        shift = pictures.new_tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
        scale = pictures.new_tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
        features = (pictures - shift) / scale
        for layer in self.trunk:
            features = layer(features)
            if isinstance(layer, _Seen):
                yield features


class _Seen(nn.ReLU):
    """A rectifier whose output has a head."""


def load_lpips(net: Literal["alex", "vgg"], weights: Path | None = None) -> Lpips:
    """Return LPIPS on AlexNet or VGG16, with the heads that torchmetrics ships.

    Args:
        net: which network.
        weights: the file of its ImageNet weights in torchvision's layout, or a directory with it;
            else RECYCLEGAN_WEIGHTS, torch hub's cache and a download are tried.

    Raises:
        Unavailable: there are no weights; says the way out within seconds.
        UserError: the weights are another network's.
    """
    path = find_weights(TRUNKS[net].names, TRUNKS[net].url, weights)
    given = {
        key.removeprefix("features."): value
        for key, value in read_weights(path).items()
        if not key.startswith("classifier.")
    }
    trunk = (_alexnet if net == "alex" else _vgg16)()
    check_fit(trunk.state_dict(), given, f"lpips_{net}", path)
    trunk.load_state_dict(given)
    trunk.requires_grad_(False).eval()
    heads_path = _heads_path(net)
    heads = [head.view(-1, 1, 1) for _, head in sorted(read_weights(heads_path).items())]
    identity = {
        "extractor": f"lpips_{net}",
        "net": net,
        "version": "0.1",
        "weights_sha256": sha256(path),
        "heads_sha256": sha256(heads_path),
        "range": "[-1, 1]",
    }
    return Lpips(net, trunk, heads, identity)


def has_local_lpips(net: Literal["alex", "vgg"], weights: Path | None = None) -> bool:
    """Return whether the weights of LPIPS are on this machine already."""
    return local_weights(TRUNKS[net].names, weights) is not None


def _heads_path(net: str) -> Path:
    package = importlib.util.find_spec("torchmetrics")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "functional" / "image" / "lpips_models" / f"{net}.pth"


def _alexnet() -> nn.Sequential:
    """Return torchvision's `alexnet().features` up to its fifth rectifier."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), _Seen(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, 1, 2), _Seen(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, 1, 1), _Seen(),
        nn.Conv2d(384, 256, 3, 1, 1), _Seen(),
        nn.Conv2d(256, 256, 3, 1, 1), _Seen(),
    )  # fmt: skip


def _vgg16() -> nn.Sequential:
    """Return torchvision's `vgg16().features` up to its thirteenth rectifier."""
    modules = vgg_modules(VGG["vgg16"][0])[:-1]
    return nn.Sequential(*(_Seen() if name in VGG_SEEN else module for name, module in modules))
