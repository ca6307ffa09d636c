"""What someone else needs to know to arrive at the same figure."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from recyclegan.evaluation.instruments import Instruments
from recyclegan.evaluation.registry import INCEPTION, Metric
from recyclegan.metrics.paired import DATA_RANGE, SSIM_WINDOW
from recyclegan.metrics.resampling import LEVEL, NUM_RESAMPLES

_OWN_SIZE = {"extractor": None, "weights_sha256": None, "resize": "none", "range": [-1, 1]}
_ARITHMETIC: Mapping[str, Mapping[str, Any]] = {
    "psnr": {"data_range": DATA_RANGE, "mean": "per picture over its three channels, then these"},
    "ssim": {
        "data_range": DATA_RANGE,
        "window": f"Gaussian of {SSIM_WINDOW} px, sigma 1.5, inside the picture only",
    },
    "cycle_error": {"mean": "per picture of |recovered - source|, then these"},
    "structure": {"of": "gradient magnitudes of locally normalised luminance, correlated"},
    "colour_share": {"map": "quadratic in R, G and B, least squares, one a picture"},
}


def recipe(
    metric: Metric,
    instruments: Instruments,
    *,
    num_real: int,
    num_fake: int,
    seed: int,
    measured: Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return how a figure was made, as plain JSON.

    `measured` says which model and data made the pictures, as far as it is known; `notes` are
    those of `Measured`.
    """
    packages = ["torch", "Pillow", "numpy"]
    if metric.extractor is not None:
        extractor = instruments.extractors[metric.extractor]
        packages += ["torch-fidelity"] if extractor.name == INCEPTION else ["timm"]
        own = dict(extractor.identity)
    elif metric.network is not None:
        own = {"extractor": metric.network, "resize": "none", "range": [-1, 1]}
        own |= instruments.networks[metric.network].identity
        packages += ["timm"] if metric.network == "dino" else ["torchmetrics"]
    else:
        own = {**_OWN_SIZE, **_ARITHMETIC[metric.name]}
        packages += ["torchmetrics"] if metric.name in ("psnr", "ssim") else []
    return {
        **own,
        **(notes or {}),
        "num_real": num_real,
        "num_fake": num_fake,
        "interval": {"level": LEVEL, "resamples": NUM_RESAMPLES, "over": "pictures"},
        "seed": seed,
        **({"measured": dict(measured)} if measured else {}),
        "versions": _versions(packages),
    }


def _versions(packages: list[str]) -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
