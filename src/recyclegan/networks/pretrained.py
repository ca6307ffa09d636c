"""Pretrained networks that timm knows, with the identity of their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor, nn

from recyclegan.atomic import sha256
from recyclegan.errors import UserError
from recyclegan.networks.weights import (
    Unavailable,
    check_fit,
    find_weights,
    local_weights,
    read_weights,
)

USUAL = {"resnet18": "resnet18.tv_in1k"}
"""The weights meant where only the network is named: those that torchvision uses too."""


@dataclass(frozen=True)
class Backbone:
    """A network up to its penultimate layer, and how pictures are given to it."""

    name: str
    """As timm calls it, with the tag of its weights."""
    weights_sha256: str
    network: nn.Module
    size: int
    """Side of the square picture it was trained on, in pixels."""
    mean: Tensor
    std: Tensor
    """Of the values in [0, 1], each (3,1,1)."""

    @torch.inference_mode()
    def features(self, pixels: Tensor) -> Tensor:
        """Return pooled features (N,D) float32 of 8-bit pictures (N,size,size,3)."""
        # (N,H,W,3) read as (N,3,H,W) is channels-last already, the faster order on a CPU.
        pictures = pixels.permute(0, 3, 1, 2).float().div(255)
        features: Tensor = self.network((pictures - self.mean) / self.std)
        return features


def load_backbone(name: str, weights: Path | None = None) -> Backbone:
    """Return the pretrained network that timm knows by this name.

    Raises:
        Unavailable: timm or the weights are missing; says the way out.
        UserError: timm has no such network, or the weights are another network's.
    """
    full_name = USUAL.get(name, name)
    try:
        network: Any = _timm(name).create_model(full_name, pretrained=False, num_classes=0)
    except (RuntimeError, ValueError, KeyError):
        raise UserError(
            f"There is no network {name}: name one of timm's (such as resnet18 or "
            "tf_efficientnet_lite0), inception or luminance."
        ) from None
    config: Mapping[str, Any] = network.pretrained_cfg
    path = find_weights(*_file_names(full_name, config), weights)
    classifier = config.get("classifier")
    given = {
        key: value
        for key, value in read_weights(path).items()
        if not (classifier and key.startswith(f"{classifier}."))
    }
    check_fit(network.state_dict(), given, full_name, path)
    # Of old files, the counters of batches may be missing: nothing depends on them.
    network.load_state_dict(given, strict=False)
    mean, std = (torch.tensor(config[key]).view(3, 1, 1) for key in ("mean", "std"))
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return Backbone(full_name, sha256(path), network, int(config["input_size"][1]), mean, std)


def has_local_weights(name: str, weights: Path | None = None) -> bool:
    """Return whether the weights of a network that timm knows are on this machine already.

    Raises:
        Unavailable: timm is missing; says the way out.
    """
    return local_backbone(name, weights) is not None


def local_backbone(name: str, weights: Path | None = None) -> Path | None:
    """Return the file of weights of a network that timm knows, where it is on this machine.

    Raises:
        Unavailable: timm is missing; says the way out.
    """
    return local_weights(weight_files(name), weights)


def weight_files(name: str) -> list[str]:
    """Return the names that the weights of a network that timm knows may have.

    Raises:
        Unavailable: timm is missing; says the way out.
    """
    full_name = USUAL.get(name, name)
    config = _timm(name).get_pretrained_cfg(full_name).to_dict()
    return _file_names(full_name, config)[0]


def _timm(name: str) -> Any:
    try:
        import timm
    except ImportError:
        raise Unavailable(f"Features of {name} need timm: pip install timm") from None
    return timm


def _file_names(name: str, config: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the names that the weights may have, and their address."""
    hugging_face = f"https://huggingface.co/{config.get('hf_hub_id')}/resolve/main"
    url = str(config.get("url") or f"{hugging_face}/model.safetensors")
    stems = dict.fromkeys((name, name.split(".")[0]))
    names = [f"{stem}{suffix}" for stem in stems for suffix in (".safetensors", ".pth")]
    published = PurePosixPath(url).name
    return ([published, *names] if config.get("url") else names), url
