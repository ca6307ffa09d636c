"""Choosing an extractor by name, or by the weights that are at hand."""

from __future__ import annotations

from pathlib import Path

from recyclegan.errors import UserError
from recyclegan.features.extractor import Extractor, LuminanceFeatures, NetworkFeatures
from recyclegan.features.inception import has_local_inception, load_inception
from recyclegan.networks.pretrained import has_local_weights, load_backbone
from recyclegan.networks.weights import Unavailable

FALLBACKS = ("tf_efficientnet_lite0", "resnet18")
"""What is taken where Inception's weights are not at hand, in order of preference."""


def load_extractor(name: str, weights: Path | None = None) -> Extractor:
    """Return `inception`, `luminance`, or the features of a network that timm knows by this name.

    Args:
        name: as above.
        weights: the file of its weights or a directory with it; else RECYCLEGAN_WEIGHTS, torch
            hub's cache and a download are tried.

    Raises:
        Unavailable: its weights or its package are missing; says the way out within seconds.
        UserError: there is no such network, or the weights are another network's.
    """
    if name == "luminance":
        return LuminanceFeatures()
    if name == "inception":
        return load_inception(weights)
    return NetworkFeatures(load_backbone(name, weights))


def local_extractor(weights: Path | None = None) -> str | None:
    """Return the name of the extractor whose weights are at hand, `inception` first, if any.

    Raises:
        Unavailable: timm is missing.
    """
    if has_local_inception(weights):
        return "inception"
    return next((name for name in FALLBACKS if has_local_weights(name, weights)), None)


def find_extractor(weights: Path | None = None) -> Extractor:
    """Return the extractor for which weights are at hand; `inception` first, fetched if need be.

    Raises:
        UserError: there are none and none can be fetched, or `weights` is a file of unknown name;
            names the file that is wanted and the ways out within seconds.
    """
    try:
        name = local_extractor(weights)
        if name is None and weights is not None and weights.is_file():
            raise UserError(
                f"--weights {weights}: say with --extractor NAME which network it is of."
            )
        return load_extractor(name or "inception", weights)
    except Unavailable as error:
        raise error.otherwise(
            "choose other features with --extractor NAME (luminance needs no weights)"
        ) from None
