"""Every figure by its name: what it is called, what it needs and what it says in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from recyclegan.errors import UserError
from recyclegan.metrics.domain import NUM_FOLDS
from recyclegan.metrics.frechet import SMALLEST_PART

INCEPTION = "inception"
"""The one extractor whose figures have names of their own: what papers call FID and KID."""

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One figure: how it is printed, which folders and network it needs, and what it says."""

    name: str
    title: str
    better: Better | None
    """Which way is better; None where neither is."""
    needs: tuple[str, ...]
    """Folders beside `fake`, as the flags call them."""
    says: str
    unit: str = ""
    digits: int = 3
    extractor: str | None = None
    """Short name of the extractor whose features it compares."""
    network: str | None = None
    """Another network that it looks through: `lpips_alex`, `lpips_vgg` or `dino`."""
    min_side: int = 1
    """Smallest side of a picture that can be measured, in pixels."""
    family: str | None = None
    """Which figure of whole sets it is, whatever the extractor; see `metrics_of`."""
    min_pictures: int = 1
    """Fewest pictures of a set that it can be told of."""

    @property
    def per_picture(self) -> bool:
        """Whether each picture has a figure of its own, and the set their mean."""
        return self.family is None


def _lpips(net: Literal["alex", "vgg"], min_side: int) -> tuple[Metric, Metric]:
    heading = {"alex": "AlexNet", "vgg": "VGG16"}[net]
    to_truth = Metric(
        f"lpips_{net}",
        f"LPIPS to truth, {heading}",
        "lower",
        ("truth",),
        "How different from its true picture a network finds each picture; 0 for the same.",
        network=f"lpips_{net}",
        min_side=min_side,
    )
    cycle = replace(
        to_truth,
        name=f"lpips_cycle_{net}",
        title=f"LPIPS there and back, {heading}",
        needs=("source", "recovered"),
        says="How different from its source a network finds what comes back; doing nothing is 0.",
    )
    return to_truth, cycle


_LPIPS = {"alex": _lpips("alex", 31), "vgg": _lpips("vgg", 16)}

_FIXED = (
    Metric(
        "psnr",
        "PSNR to truth",
        "higher",
        ("truth",),
        "How small the squared error of the pixels is; a blur beats a sharp guess that is wrong.",
        unit="dB",
        digits=2,
    ),
    Metric(
        "ssim",
        "SSIM to truth",
        "higher",
        ("truth",),
        "How alike light, contrast and structure are in small windows; 1 for the same picture.",
        min_side=11,
    ),
    *(to_truth for to_truth, _ in _LPIPS.values()),
    Metric(
        "cycle_error",
        "Error there and back",
        "lower",
        ("source", "recovered"),
        "Mean |recovered - source| in [0, 2]; doing nothing is 0, and a source can be hidden.",
    ),
    *(cycle for _, cycle in _LPIPS.values()),
    Metric(
        "structure",
        "Structure kept",
        "higher",
        ("source",),
        "How far edges stay where they were, whatever the exposure; doing nothing is 1.",
        min_side=3,
    ),
    Metric(
        "dino_structure",
        "Structure lost, DINO",
        "lower",
        ("source",),
        "How far the parts of a picture relate to each other as before; doing nothing is 0.",
        digits=4,
        network="dino",
    ),
    Metric(
        "colour_share",
        "Mere colour",
        None,
        ("source",),
        "Share of the change that one map of colours, the same all over a picture, explains.",
    ),
)

_FAMILIES = (
    Metric(
        "kid",
        "KID",
        "lower",
        ("real",),
        "Distance between the two sets of features, unbiased: 0 for one kind of pictures, and "
        "by chance below.",
        digits=5,
        min_pictures=2,
    ),
    Metric(
        "fd",
        "Fréchet distance",
        "lower",
        ("real",),
        "Distance between Gaussians fitted to the features; few pictures make it too large.",
        digits=2,
        min_pictures=2,
    ),
    Metric(
        "fd_infinity",
        "Fréchet distance, no end of pictures",
        "lower",
        ("real",),
        "The same, extrapolated to a set without end; too large where pictures do not far "
        "outnumber the features.",
        digits=2,
        min_pictures=2 * SMALLEST_PART,
    ),
    Metric(
        "domain_share",
        "Taken for the target",
        "higher",
        ("real", "source"),
        "Share that a classifier of the two real domains takes for the target; it saw neither "
        "the source nor the real picture of that name.",
        min_pictures=NUM_FOLDS,
    ),
)
_OF_INCEPTION = {
    "kid": ("kid", "KID"),
    "fd": ("fid", "FID"),
    "fd_infinity": ("fid_infinity", "FID, no end of pictures"),
}


def metrics_of(extractor: str) -> tuple[Metric, ...]:
    """Return the figures that an extractor's features give, under names that tell which it was."""
    metrics = []
    for family in _FAMILIES:
        if extractor == INCEPTION and family.name in _OF_INCEPTION:
            name, title = _OF_INCEPTION[family.name]
        else:
            name, title = f"{family.name}_{extractor}", f"{family.title}, {extractor}"
        metrics.append(
            replace(family, name=name, title=title, extractor=extractor, family=family.name)
        )
    return tuple(metrics)


def all_metrics(extractors: Sequence[str], lpips: Sequence[str]) -> tuple[Metric, ...]:
    """Return every figure that there is, in the order of a table.

    Args:
        extractors: short names of extractors.
        lpips: `alex`, `vgg` or both.
    """
    unwanted = {m.name for net, pair in _LPIPS.items() if net not in lpips for m in pair}
    fixed = tuple(metric for metric in _FIXED if metric.name not in unwanted)
    return (*(m for name in extractors for m in metrics_of(name)), *fixed)


def describe(name: str) -> Metric:
    """Return the figure of a name, with any extractor's where the name tells one.

    Raises:
        UserError: there is no such figure.
    """
    for metric in (*metrics_of(INCEPTION), *_FIXED):
        if metric.name == name:
            return metric
    # The longest family first: fd_infinity_x is no fd of an extractor infinity_x.
    for family in sorted((family.name for family in _FAMILIES), key=len, reverse=True):
        extractor = name.removeprefix(f"{family}_")
        if extractor not in (name, ""):
            return next(m for m in metrics_of(extractor) if m.name.startswith(family))
    known = [metric.name for metric in all_metrics((INCEPTION,), tuple(_LPIPS))]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    raise UserError(f"There is no metric {name}; {hint}")
