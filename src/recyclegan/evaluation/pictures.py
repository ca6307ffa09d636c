"""Figures of single pictures: each beside its truth or its source, read once for all sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from recyclegan import ranks
from recyclegan.data.manifest import BadFile
from recyclegan.evaluation.instruments import Network
from recyclegan.evaluation.registry import Metric
from recyclegan.evaluation.sets import PictureSet
from recyclegan.images.decoding import decode
from recyclegan.images.parallel import in_parallel
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.colour_share import colour_share
from recyclegan.metrics.paired import psnr, ssim
from recyclegan.metrics.structure import structure_kept

NUM_READERS = 2
"""Threads that decode ahead; each holds a few pictures of every set."""

Images = Mapping[str, Image.Image]
"""Decoded pictures of one name, by set."""

Scores = dict[str, dict[str, NDArray[np.float64]]]
"""{set: {metric: one value a picture of the set, in the order of its names}}."""


def cycle_error(recovered: Tensor, source: Tensor) -> Tensor:
    """Return each picture's mean absolute difference, (N,) in [0, 2], of two (N, 3, H, W)."""
    return (recovered - source).abs().mean(dim=(1, 2, 3))


ARITHMETIC: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "psnr": psnr,
    "ssim": ssim,
    "cycle_error": cycle_error,
    "structure": lambda picture, source: structure_kept(source, picture),
    "colour_share": lambda picture, source: colour_share(source, picture),
}
"""What needs no network: (measured, reference), each (1, 3, H, W), to (1,)."""


def reference_of(metric: Metric) -> str:
    """Return which set a picture's figure is taken beside: `truth` or `source`."""
    return "truth" if "truth" in metric.needs else "source"


def score_pictures(
    sets: Mapping[str, PictureSet],
    references: Mapping[str, PictureSet],
    metrics: Sequence[Metric],
    networks: Mapping[str, Network],
    *,
    on_progress: Callable[[int, int], None],
) -> Scores:
    """Measure each picture of each set beside the picture of its name in a reference.

    NaN where there is no such picture, its size is another, or a side is too small; infinite for
    a picture equal to its truth (PSNR). A reference is read once however many the sets are, and
    each picture is measured alone, so that no neighbour changes its figure. Under torchrun each
    process measures a share, of which `on_progress` is told.
    """
    scores = {
        label: {metric.name: np.full(len(pictures), np.nan) for metric in metrics}
        for label, pictures in sets.items()
    }
    rows = {
        label: {name: row for row, name in enumerate(pictures.names)}
        for label, pictures in sets.items()
    }
    names = sorted({name for pictures in sets.values() for name in pictures.names})

    def read(name: str) -> tuple[Images, Images]:
        ours, theirs = (
            {label: decode(s.pictures[name].path) for label, s in group.items() if name in s}
            for group in (sets, references)
        )
        return ours, theirs

    def measure(some: Sequence[str]) -> Iterator[list[tuple[str, str, float]]]:
        # Only the decoding is in threads: a network uses all cores, its hooks are no two callers'.
        for done, images in enumerate(in_parallel(read, some, num_workers=NUM_READERS), 1):
            yield list(_measure(*images, metrics, networks))
            on_progress(done, len(some))

    for name, found in zip(names, ranks.in_shares(measure, names), strict=True):
        for label, metric, value in found:
            scores[label][metric][rows[label][name]] = value
    return scores


def is_measurable(metric: Metric, size: tuple[int, int], reference: tuple[int, int]) -> bool:
    """Return whether a picture has its reference's size, and one that is large enough."""
    return size == reference and min(size) >= metric.min_side


def _measure(
    images: Images, references: Images, metrics: Sequence[Metric], networks: Mapping[str, Network]
) -> Iterator[tuple[str, str, float]]:
    """Yield (set, metric, figure) of the pictures of one name."""
    pictures = {label: to_tensor(image)[None] for label, image in images.items()}
    for metric in metrics:
        reference = references.get(reference_of(metric))
        if reference is None:
            continue
        fitting = [
            k for k, image in images.items() if is_measurable(metric, image.size, reference.size)
        ]
        if fitting:
            compare = _beside(metric, to_tensor(reference)[None], networks)
            yield from ((label, metric.name, compare(pictures[label])) for label in fitting)


def _beside(
    metric: Metric, reference: Tensor, networks: Mapping[str, Network]
) -> Callable[[Tensor], float]:
    """Return what measures pictures beside a reference, which a network looks at once for all.

    No other embedding is kept: a large picture's takes a gigabyte.
    """
    if metric.network is None:
        arithmetic = ARITHMETIC[metric.name]
        return lambda picture: float(arithmetic(picture, reference))
    network = networks[metric.network]
    seen = network.embed(reference)
    return lambda picture: float(network.compare(network.embed(picture), seen))


def unmeasured(
    pictures: PictureSet, flag: str, reference: PictureSet, metrics: Sequence[Metric]
) -> list[BadFile]:
    """Return the pictures that have a reference and cannot be measured beside it, and why."""
    found: list[BadFile] = []
    if not metrics:
        return found
    for name in pictures.names:
        if name not in reference.pictures:
            continue
        picture, other = pictures.pictures[name], reference.pictures[name]
        if picture.size != other.size:
            ours, theirs = ("{}x{}".format(*size) for size in (picture.size, other.size))
            reason = f"it is {ours}, its {flag} {other.path} is {theirs}"
            found.append(BadFile(picture.path, reason))
            continue
        small = [m.name for m in metrics if not is_measurable(m, picture.size, other.size)]
        if small:
            reason = f"a side of {min(picture.size)} px is too small for {' and '.join(small)}"
            found.append(BadFile(picture.path, reason))
    return found
