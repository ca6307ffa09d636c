"""Files of weights in the layout that CycleGAN-turbo's training writes and its authors publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from recyclegan.errors import UserError
from recyclegan.networks.weights import read_archive, require_plain

UNET_ADAPTERS = {
    "default_encoder": ("l_target_modules_encoder", "sd_encoder"),
    "default_decoder": ("l_target_modules_decoder", "sd_decoder"),
    "default_others": ("l_modules_others", "sd_other"),
}
"""Adapters of the UNet, with the keys of the modules they adapt and of their weights."""

VAE_PREFIXES = {"a2b": "vae.", "b2a": "vae_b2a."}
"""In front of the names of each direction's autoencoder."""


@dataclass(frozen=True)
class Adapter:
    """Low-rank changes of some modules of a network, by the modules' names or name endings."""

    rank: int
    modules: tuple[str, ...]
    weights: Mapping[str, Tensor]


@dataclass(frozen=True)
class Published:
    """What such a file holds: adapters of the UNet by name, whole autoencoders by direction."""

    unet: Mapping[str, Adapter]
    vae: Mapping[str, Adapter]
    """`weights` are of the whole autoencoder, adapted and with its skips."""


@dataclass(frozen=True)
class Task:
    """What a published file was trained for."""

    direction: str
    domains: Mapping[str, str]
    caption: str


TASKS = {
    "day2night": Task("a2b", {"a": "day", "b": "night"}, "driving in the night"),
    "night2day": Task("b2a", {"a": "day", "b": "night"}, "driving in the day"),
    "clear2rainy": Task("a2b", {"a": "clear", "b": "rainy"}, "driving in heavy rain"),
    "rainy2clear": Task("b2a", {"a": "clear", "b": "rainy"}, "driving in the day"),
}
"""The published files by name, with the direction and the caption that their authors use."""


def read_published(path: Path) -> Published:
    """Read such a file: tensors, numbers, words and containers of these; no code in it ever runs.

    Both `sd_vae_enc` and `sd_vae_dec` hold both whole autoencoders. The authors' code loads the
    one after the other into the same networks, so that the second is what counts.

    Raises:
        UserError: the file is damaged, holds anything else, or is in another layout.
    """
    content = read_archive(path)
    if not isinstance(content, Mapping):
        raise _other_layout(path, "is no dictionary")
    rank = _rank(content, "rank_unet", path)
    unet = {
        name: Adapter(rank, _names(content, modules, path), _tensors(content, weights, path))
        for name, (modules, weights) in UNET_ADAPTERS.items()
    }
    rank = _rank(content, "rank_vae", path)
    names = _names(content, "vae_lora_target_modules", path)
    autoencoders = _tensors(content, "sd_vae_dec", path)
    vae = {
        direction: Adapter(rank, names, _without_prefix(autoencoders, prefix))
        for direction, prefix in VAE_PREFIXES.items()
    }
    return Published(unet, vae)


def _without_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _rank(content: Mapping[str, Any], key: str, path: Path) -> int:
    value = content.get(key)
    if type(value) is not int or value < 1:
        raise _other_layout(path, f"has no whole number {key}")
    return value


def _names(content: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = content.get(key)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _other_layout(path, f"has no list of names {key}")
    return tuple(value)


def _tensors(content: Mapping[str, Any], key: str, path: Path) -> dict[str, Tensor]:
    value = content.get(key)
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in value.items()
    ):
        raise _other_layout(path, f"has no tensors {key}")
    require_plain(value.values(), path)
    # Half precision is for the disk; arithmetic is chosen when translating.
    return {name: tensor.float() for name, tensor in value.items()}


def _other_layout(path: Path, lack: str) -> UserError:
    return UserError(
        f"{path} is not in the layout of CycleGAN-turbo: it {lack}; give a .pkl that its training "
        "wrote."
    )
