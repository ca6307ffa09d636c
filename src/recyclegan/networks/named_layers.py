"""Maps of a frozen pretrained network at layers known by name, for losses that look at them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from recyclegan.atomic import sha256
from recyclegan.errors import UserError
from recyclegan.networks.pretrained import load_backbone
from recyclegan.networks.weights import Unavailable, check_fit, find_weights, read_weights

WIDTHS = (64, 128, 256, 512, 512)
"""Channels of the five blocks of every VGG (Simonyan and Zisserman 2015, table 1)."""

VGG: dict[str, tuple[tuple[int, ...], str]] = {
    "vgg11": ((1, 1, 2, 2, 2), "8a719046"),
    "vgg13": ((2, 2, 2, 2, 2), "19584684"),
    "vgg16": ((2, 2, 3, 3, 3), "397923af"),
    "vgg19": ((2, 2, 4, 4, 4), "dcbb9e9d"),
}
"""Convolutions of each block, and how the hash of the ImageNet weights that torchvision publishes
begins; the networks are rebuilt here, so that they need neither torchvision nor timm."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's values in [0, 1]."""


class NamedLayers(nn.Module):
    """What a frozen network sees in pictures, at some of its layers.

    Its arithmetic follows autocast; gradients pass to the pictures, never to its weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        extract: Callable[[Tensor], Mapping[str, Tensor]],
        mean: Tensor,
        std: Tensor,
        name: str = "",
        weights_sha256: str = "",
    ) -> None:
        super().__init__()
        self.extract = extract
        self.name = name
        self.weights_sha256 = weights_sha256
        self.register_buffer("mean", mean.view(3, 1, 1))
        self.register_buffer("std", std.view(3, 1, 1))
        self.requires_grad_(False).eval()

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return the maps (N,C,h,w) of pictures (N,3,H,W) in [-1, 1], in the precision of these."""
        maps = self.extract(((pictures + 1) / 2 - self.mean) / self.std)
        return [features.to(pictures.dtype) for features in maps.values()]


class VggLayers(nn.Sequential):
    """A VGG up to the deepest of some layers, called conv1_1, relu1_1, ..., pool5."""

    def __init__(self, num_convolutions: Sequence[int], layers: Sequence[str]) -> None:
        super().__init__(OrderedDict(vgg_modules(num_convolutions)))
        self.layers = layers

    def keep_needed(self) -> None:
        """Drop what comes after the deepest layer that is looked at."""
        names = list(self._modules)
        for name in names[1 + max(names.index(layer) for layer in self.layers) :]:
            del self._modules[name]

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the maps of normalised pictures at the layers."""
        maps = {}
        for name, module in self.named_children():
            x = maps[name] = module(x)
        return {layer: maps[layer] for layer in self.layers}


def vgg_files(name: str) -> tuple[tuple[str, ...], str]:
    """Return the names that the weights of a VGG may have, and their address."""
    published = f"{name}-{VGG[name][1]}.pth"
    names = (f"{name}_features.safetensors", f"{name}_features_fp16.safetensors", published)
    return names, f"https://download.pytorch.org/models/{published}"


def load_layers(name: str, layers: Sequence[str]) -> NamedLayers:
    """Return the layers of a network with its ImageNet weights; no random number is drawn.

    Args:
        name: vgg11, vgg13, vgg16, vgg19, or a network that timm knows.
        layers: of a VGG as relu1_2, else modules by their path, as `layer3` or `blocks.4`.

    Raises:
        Unavailable: the weights or timm are missing; says the way out within seconds.
        UserError: there is no such network or layer, or the weights are another network's.
    """
    with torch.random.fork_rng(devices=[]):
        return _load_vgg(name, layers) if name in VGG else _load_other(name, layers)


def _load_vgg(name: str, layers: Sequence[str]) -> NamedLayers:
    num_convolutions, _ = VGG[name]
    with torch.device("meta"):
        network = VggLayers(num_convolutions, layers)
    _check_layers(name, layers, list(network._modules))
    path = _find(*vgg_files(name))
    given = {
        _in_order(key.removeprefix("features."), network): value
        for key, value in read_weights(path).items()
        if not key.startswith("classifier.")
    }
    check_fit(network.state_dict(), given, name, path)
    network.load_state_dict(given, assign=True)
    network.keep_needed()
    return NamedLayers(network, torch.tensor(MEAN), torch.tensor(STD), name, sha256(path))


def _load_other(name: str, layers: Sequence[str]) -> NamedLayers:
    backbone = load_backbone(name)
    # Else a layer would write into the map of the one before.
    for module in backbone.network.modules():
        if hasattr(module, "inplace"):
            module.inplace = False  # type: ignore[assignment]
    from timm.models import create_feature_extractor

    try:
        extract: Any = create_feature_extractor(backbone.network, [*layers])
    except ValueError:
        _check_layers(name, layers, [n for n, _ in backbone.network.named_modules() if n])
        raise
    return NamedLayers(extract, backbone.mean, backbone.std, backbone.name, backbone.weights_sha256)


def _find(names: Sequence[str], url: str) -> Path:
    try:
        return find_weights(names, url, None)
    except Unavailable:
        raise Unavailable(
            f"{names[-1]} is not on this machine and cannot be fetched from {url}: put it into the "
            "directory named by RECYCLEGAN_WEIGHTS"
        ) from None


def _check_layers(name: str, layers: Sequence[str], known: Sequence[str]) -> None:
    for layer in layers:
        if layer not in known:
            some = ", ".join(known[:: max(len(known) // 8, 1)])
            raise UserError(f"{name} has no layer {layer!r}; it has {some} and others.")


def vgg_modules(num_convolutions: Sequence[int]) -> list[tuple[str, nn.Module]]:
    """Return a VGG without its classifier by name, in torchvision's order: conv1_1 to pool5."""
    modules: list[tuple[str, nn.Module]] = []
    channels = 3
    for block, (width, depth) in enumerate(zip(WIDTHS, num_convolutions, strict=True), 1):
        for place in range(1, depth + 1):
            convolution = nn.Conv2d(channels, width, 3, padding=1)
            modules += [(f"conv{block}_{place}", convolution), (f"relu{block}_{place}", nn.ReLU())]
            channels = width
        modules.append((f"pool{block}", nn.MaxPool2d(2)))
    return modules


def _in_order(key: str, network: nn.Module) -> str:
    """Return "conv1_2.weight" for "2.weight": published files count the modules."""
    number, _, rest = key.partition(".")
    names = list(network._modules)
    known = number.isdecimal() and int(number) < len(names)
    return f"{names[int(number)]}.{rest}" if known else key
