"""Which pretrained weights are at hand, and what each makes possible."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recyclegan.features import dino, inception
from recyclegan.features.loading import FALLBACKS
from recyclegan.features.lpips import TRUNKS
from recyclegan.networks.named_layers import vgg_files
from recyclegan.networks.pretrained import local_backbone, weight_files
from recyclegan.networks.weights import VARIABLE, Unavailable, hub_dir, local_weights


@dataclass(frozen=True)
class Weights:
    """A pretrained network; `path` is None where its weights are not at hand."""

    name: str
    enables: str
    path: Path | None
    wanted: str
    """The name that its file is looked for by, first of all."""


def places() -> list[str]:
    """Return where weights are looked for, in order, as sentences for people."""
    own = os.environ.get(VARIABLE)
    return [
        "--weights, where a command has it",
        f"{VARIABLE} ({own or 'not set'})",
        f"torch hub's cache ({hub_dir()})",
        "a download",
    ]


def read_weights_at_hand() -> list[Weights]:
    """Return every network that the program can look through, with its file where there is one."""
    files: list[tuple[str, str, Sequence[str]]] = [
        ("inception", "FID and KID on Inception", inception.NAMES),
        ("alexnet", "LPIPS", TRUNKS["alex"].names),
        ("vgg16", "LPIPS on VGG (--lpips vgg)", TRUNKS["vgg"].names),
        ("vgg19", "the variants perceptual-cycle and perceptual-content", vgg_files("vgg19")[0]),
    ]
    found = [Weights(name, what, local_weights(names), names[0]) for name, what, names in files]
    backbones = [(name, "KID in training, curate, compare") for name in FALLBACKS]
    backbones += [(name, "structure kept (evaluate)") for name in dino.NETWORKS]
    for name, what in backbones:
        try:
            found.append(Weights(name, what, local_backbone(name), weight_files(name)[0]))
        except Unavailable:
            found.append(Weights(name, f"{what}; needs timm", None, f"{name}.safetensors"))
    return found
