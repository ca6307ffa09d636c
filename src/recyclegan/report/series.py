"""Curves out of a run's events: which there are, and how many points of them to draw."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

MAX_POINTS = 120
"""A longer curve is cut into this many stretches, each drawn as its median."""

TITLES = {
    "kid": "KID of held-out translations, {extractor} (lower is better)",
    "fd": "Fréchet distance of held-out translations, {extractor} (lower is better)",
    "lpips_alex": "LPIPS to the truth, held-out pictures (lower is better)",
    "lpips_w_alex": "Spread of LPIPS to real pictures against that among them (lower is better)",
    "psnr": "PSNR on held-out pictures, dB (higher is better)",
    "ssim": "SSIM on held-out pictures (higher is better)",
    "swd": "Patch distance of translations to real pictures (lower is better)",
    "cycle": "Error after there and back, held-out pictures (lower is better)",
    "losses/adversarial": "Adversarial loss of the generators",
    "losses/discriminator": "Loss of the discriminators",
    "losses/cycle": "Cycle-consistency loss",
    "losses/identity": "Identity loss",
    "losses/path_length": "Path-length term",
    "losses/jacobian_clamp": "Gain of the generators beyond its bounds",
    "losses/gradient_penalty": "Gradient penalty of the discriminators",
    "losses/nce": "PatchNCE of translations to their sources",
    "losses/nce_identity": "PatchNCE of pictures that need no change",
    "losses/perceptual_cycle": "Perceptual distance after there and back",
    "losses/content": "Content distance of translations to their sources",
}
"""What the charts are called, in the order in which they appear; others follow."""

_SUFFIX = re.compile(r"^(?P<base>.+?)_(?P<side>a2b|b2a|a|b)$")


@dataclass(frozen=True)
class Series:
    """One line of a chart: `side` is a2b, b2a, a, b or empty; points are (step, value)."""

    side: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Curves:
    """The series that belong in one chart."""

    title: str
    series: tuple[Series, ...]


def gather_curves(events: Sequence[Mapping[str, Any]]) -> list[Curves]:
    """Return the held-out measures, then the losses, the two directions of each together.

    Numbers of `evaluation` events and `losses/…` of `train` events count; what is missing or not
    finite leaves a gap.
    """
    evaluation: dict[str, dict[str, list[tuple[float, float]]]] = {}
    losses: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for event in events:
        kind = event.get("event")
        if kind not in ("train", "evaluation"):
            continue
        for key, value in event.items():
            if not _is_number(value) or key in ("step", "time"):
                continue
            if kind == "train" and not key.startswith("losses/"):
                continue
            base, side = _split(key)
            group = evaluation if kind == "evaluation" else losses
            group.setdefault(base, {}).setdefault(side, []).append((float(event["step"]), value))
    return [
        Curves(
            _title(base),
            tuple(Series(side, _thin(points)) for side, points in sorted(sides.items())),
        )
        for base, sides in sorted((evaluation | losses).items(), key=lambda item: _rank(item[0]))
    ]


def _title(base: str) -> str:
    kind, extractor = _kind(base)
    if kind in TITLES:
        return TITLES[kind].format(extractor=extractor)
    return base.removeprefix("losses/").replace("_", " ")


def _rank(base: str) -> tuple[bool, int]:
    """Order charts: held-out measures before losses, and each as the titles stand."""
    titles, kind = list(TITLES), _kind(base)[0]
    position = titles.index(kind) if kind in TITLES else len(titles)
    return base.startswith("losses/"), position


def _kind(base: str) -> tuple[str, str]:
    """Return ("kid", "resnet18") for "kid_resnet18", and what has a title of its own as it is."""
    family, _, extractor = base.partition("_")
    return (base, "") if base in TITLES or family not in ("kid", "fd") else (family, extractor)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _split(key: str) -> tuple[str, str]:
    """Return ("psnr", "a2b") for "psnr_a2b"."""
    match = _SUFFIX.match(key)
    return (match["base"], match["side"]) if match else (key, "")


def _thin(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return at most MAX_POINTS points, each the median of one stretch; the last step is kept."""
    ordered = sorted(points)
    stride = math.ceil(len(ordered) / MAX_POINTS)
    if stride <= 1:
        return tuple(ordered)
    stretches = [ordered[start : start + stride] for start in range(0, len(ordered), stride)]
    return tuple((stretch[-1][0], median(v for _, v in stretch)) for stretch in stretches)
