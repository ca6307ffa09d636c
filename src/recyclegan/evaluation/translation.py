"""A translator beside what costs nothing, measured against the true pictures."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import Tensor

from recyclegan.errors import UserError
from recyclegan.evaluation.bootstrap import LEVEL, NUM_RESAMPLES, estimate_mean
from recyclegan.evaluation.pairing import Pairing, pair_by_name
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.metrics.colour_transfer import (
    ColourStatistics,
    colour_statistics,
    colour_transfer,
)
from recyclegan.metrics.dark_channel import PATCH, remove_haze
from recyclegan.metrics.paired import DATA_RANGE, SSIM_WINDOW, psnr, ssim

METRICS = {"psnr": psnr, "ssim": ssim}
BASELINES = ("identity", "colour_transfer")
DARK_CHANNEL = "dark_channel"
"""A third baseline, asked for where the sources are hazy."""
DARK_CHANNEL_RECIPE = f"patches of {PATCH} px, 95 % of the haze removed, guided filter"
TRANSLATOR = "translator"

Scores = dict[str, dict[str, list[float]]]
"""{row: {metric: one value a picture}}."""


def evaluate_translation(
    *,
    source: Mapping[str, Path],
    fakes: Mapping[str, Path],
    truth: Mapping[str, Path],
    target: ColourStatistics,
    measured: Mapping[str, Any],
    baselines: Sequence[str] = BASELINES,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure translations, and baselines that learn nothing, against the truth of their sources.

    Pictures are given by name, paired by name and compared at their own size. The rows are the
    `baselines` (the source unchanged, the source with the colour statistics `target` of the target
    domain's training pictures, the source without its haze) and the translation. Each figure is a
    mean over pictures with its 95 % interval;
    `differences` are the translator's, picture by picture. PSNR is in dB, and infinite values
    (equal pictures) are counted apart. `measured` says which model and data these are; it goes
    into the recipe as it is. The result is strict JSON.

    Raises:
        UserError: No picture is in all three sets, or none of them can be measured.
    """
    pairing = pair_by_name({"source": source, "fakes": fakes, "truth": truth})
    scores: Scores = {row: {m: [] for m in METRICS} for row in (*baselines, TRANSLATOR)}
    names, left_out = [], []
    for name, paths in pairing.matched.items():
        try:
            pictures = {label: _read(path) for label, path in paths.items()}
            _require_one_size(paths, pictures)
        except (UnreadableImage, _UnlikeSizes) as problem:
            left_out.append({"name": name, "reason": str(problem)})
            continue
        names.append(name)
        made = (_baseline(baseline, pictures["source"], target) for baseline in baselines)
        rows = (*made, pictures["fakes"])
        for row, picture in zip(scores, rows, strict=True):
            for metric, measure in METRICS.items():
                scores[row][metric].append(float(measure(picture, pictures["truth"])))
    if not names:
        raise UserError(f"No picture could be measured: {left_out[0]['reason']}.")
    return {
        "num_pictures": len(names),
        "rows": {row: _summary(values, seed) for row, values in scores.items()},
        "differences": {b: _difference(scores[TRANSLATOR], scores[b], seed) for b in baselines},
        "per_picture": {"names": names, "scores": _finite_or_none(scores)},
        "unmatched": pairing.unmatched,
        "left_out": left_out,
        "recipe": _recipe(measured, _formats(pairing, names), len(names), baselines, seed),
    }


def target_statistics(paths: Sequence[Path]) -> ColourStatistics:
    """Return the colour statistics of a domain's training pictures, read one at a time.

    Raises:
        UserError: There is no picture, or one cannot be read.
    """
    if not paths:
        raise UserError("Colour transfer needs training pictures of the target domain: none given.")
    try:
        return colour_statistics(_read(path)[0] for path in paths)
    except UnreadableImage as problem:
        raise UserError(f"A training picture cannot be read ({problem}): remove it.") from None


def transfer_colours(source: Tensor, target: ColourStatistics) -> Tensor:
    """Return the colour transfer of (1, 3, H, W), rounded to 8 bit as saved translations are."""
    return to_tensor(to_image(colour_transfer(source, target)[0]))[None]


def _baseline(name: str, source: Tensor, target: ColourStatistics) -> Tensor:
    """Return what a baseline makes of (1, 3, H, W), rounded to 8 bit."""
    if name == DARK_CHANNEL:
        return to_tensor(to_image(remove_haze(source)[0]))[None]
    return source if name == "identity" else transfer_colours(source, target)


class _UnlikeSizes(Exception):
    """Pictures of one name that differ in size."""


def _read(path: Path) -> Tensor:
    """Return one picture (1, 3, H, W) in [-1, 1]."""
    return to_tensor(decode(path))[None]


def _require_one_size(paths: Mapping[str, Path], pictures: Mapping[str, Tensor]) -> None:
    if len({picture.shape for picture in pictures.values()}) > 1:
        sizes = (
            f"{paths[label]} is {picture.shape[3]}x{picture.shape[2]}"
            for label, picture in pictures.items()
        )
        raise _UnlikeSizes(f"the sizes differ ({', '.join(sizes)})")


def _summary(scores: Mapping[str, Sequence[float]], seed: int) -> dict[str, Any]:
    """Return each metric's mean over the pictures where it is finite, and how many it is not."""
    summary = {}
    for metric, values in scores.items():
        finite = [value for value in values if math.isfinite(value)]
        summary[metric] = {
            **asdict(estimate_mean(finite, seed=seed)),
            "num_infinite": len(values) - len(finite),
        }
    return summary


def _difference(
    ours: Mapping[str, Sequence[float]], theirs: Mapping[str, Sequence[float]], seed: int
) -> dict[str, Any]:
    """Return the mean paired difference of each metric, ours minus theirs."""
    return {
        metric: _summary(
            {metric: [a - b for a, b in zip(ours[metric], theirs[metric], strict=True)]}, seed
        )[metric]
        for metric in METRICS
    }


def _finite_or_none(scores: Scores) -> dict[str, dict[str, list[float | None]]]:
    return {
        row: {
            metric: [value if math.isfinite(value) else None for value in values]
            for metric, values in metrics.items()
        }
        for row, metrics in scores.items()
    }


def _formats(pairing: Pairing, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the file formats in each set of those pictures that were measured."""
    return {
        label: sorted({pairing.matched[name][label].suffix.lower() for name in names})
        for label in pairing.unmatched
    }


def _recipe(
    measured: Mapping[str, Any],
    formats: Mapping[str, Any],
    num_pictures: int,
    baselines: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """Return what someone else needs to know to arrive at the same figures."""
    return {
        "measured": dict(measured),
        "num_pictures": num_pictures,
        "formats": formats,
        "size": "native",
        "range": [-1, 1],
        "data_range": DATA_RANGE,
        "psnr": "per picture over its three channels, then the mean",
        "ssim": f"Gaussian window of {SSIM_WINDOW} px, sigma 1.5, inside the picture only",
        "colour_transfer": "RGB mean and deviation of each picture moved to the training mean",
        **({DARK_CHANNEL: DARK_CHANNEL_RECIPE} if DARK_CHANNEL in baselines else {}),
        "interval": {"level": LEVEL, "resamples": NUM_RESAMPLES, "over": "pictures", "seed": seed},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "torchmetrics", "Pillow", "numpy")},
        },
    }
