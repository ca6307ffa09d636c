"""Sets of pictures against real ones, a truth and a source, with what differences can be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from recyclegan import ranks
from recyclegan.data.stages import Stage, unseen
from recyclegan.evaluation.distributions import Beside, Side, measure_whole
from recyclegan.evaluation.instruments import Instruments
from recyclegan.evaluation.pictures import Scores, reference_of, score_pictures
from recyclegan.evaluation.registry import Metric
from recyclegan.evaluation.sets import PictureSet
from recyclegan.metrics.resampling import Figure, difference, draw_order, draw_weights, mean_figure

T = TypeVar("T")

Verdict = Literal["better", "worse", "unclear"]


@dataclass(frozen=True)
class References:
    """What sets are measured against; a truth and a source have the names of the pictures."""

    real: PictureSet
    truth: PictureSet | None = None
    source: PictureSet | None = None


@dataclass(frozen=True)
class Measured:
    """The figures of a set, and those of each picture where a figure is a mean of such.

    `scores` are (N,) in the order of `names`: NaN where a picture could not be measured, infinite
    where it equals its truth (PSNR).
    """

    names: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    scores: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    seed: int = 0
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the recipes of figures say that is only known once they were taken."""


def measure_sets(
    sets: Mapping[str, PictureSet],
    references: References,
    instruments: Instruments,
    metrics: Sequence[Metric],
    *,
    seed: int = 0,
    stage: Stage = unseen,
) -> dict[str, Measured]:
    """Measure sets by those metrics whose folders are there.

    Every picture goes through a network once, and references are read once for all sets. Sets of
    the same names are resampled together, so that their differences are paired.

    Raises:
        UserError: a set has too few pictures for a metric.
    """
    known = {
        flag: pictures
        for flag, pictures in (("truth", references.truth), ("source", references.source))
        if pictures is not None
    }
    single = [m for m in metrics if m.per_picture and reference_of(m) in known]
    scores: Scores = {label: {} for label in sets}
    if single:
        with stage("Pictures, one by one") as on_progress:
            scores = score_pictures(
                sets, known, single, instruments.networks, on_progress=on_progress
            )
    whole, notes = _measure_whole(sets, references, instruments, metrics, seed, stage)
    measured = {}
    for label, pictures in sets.items():
        weights = draw_weights(pictures.names, seed=seed)
        means = {m.name: mean_figure(scores[label][m.name], weights) for m in single}
        figures = whole[label] | means
        ordered = {m.name: figures[m.name] for m in metrics if m.name in figures}
        measured[label] = Measured(pictures.names, ordered, scores[label], seed, notes)
    return measured


def measure_halves(
    real: PictureSet, instruments: Instruments, metrics: Sequence[Metric], *, seed: int = 0
) -> dict[str, Figure]:
    """Measure one half of the real pictures against the other: what chance alone gives.

    Metrics that a half has too few pictures for, or that need another folder, are left out.
    """
    order = draw_order(real.names, seed=seed)
    names = np.array(real.names, dtype=object)[order]
    middle = len(names) // 2
    first, second = (real.only(set(part)) for part in (names[:middle], names[middle:]))
    alone = [m for m in metrics if m.needs == ("real",) and m.min_pictures <= middle]
    sets = {"half": first}
    figures, _ = _measure_whole(sets, References(second), instruments, alone, seed, unseen)
    return figures["half"]


def subtract(ours: Measured, theirs: Measured, metric: str) -> Figure:
    """Return ours minus theirs: a mean over those pictures that both have a finite figure of.

    For figures of whole sets it is the difference of the figures, paired where names are the same.
    """
    common = sorted(set(ours.names) & set(theirs.names))
    if metric in ours.scores and metric in theirs.scores and common:
        mine, other = (
            dict(zip(measured.names, measured.scores[metric], strict=True))
            for measured in (ours, theirs)
        )
        # Infinite less infinite is not a number, and rightly so: it counts as not measured.
        with np.errstate(invalid="ignore"):
            gaps = np.array([mine[name] - other[name] for name in common])
        return mean_figure(gaps, draw_weights(common, seed=ours.seed))
    return difference(ours.figures[metric], theirs.figures[metric])


def judge(gap: Figure, metric: Metric) -> Verdict:
    """Return whether ours is clearly better or worse: zero lies outside the interval."""
    if gap.interval is None or metric.better is None or gap.interval[0] <= 0 <= gap.interval[1]:
        return "unclear"
    return "better" if (gap.interval[0] > 0) == (metric.better == "higher") else "worse"


def _measure_whole(
    sets: Mapping[str, PictureSet],
    references: References,
    instruments: Instruments,
    metrics: Sequence[Metric],
    seed: int,
    stage: Stage,
) -> tuple[dict[str, dict[str, Figure]], dict[str, dict[str, Any]]]:
    """Return the figures of whole sets and notes on them, one extractor after the other."""
    beside = {"real": references.real}
    if references.source is not None:
        beside["source"] = references.source
    whole = [m for m in metrics if not m.per_picture and set(m.needs) <= set(beside)]
    figures: dict[str, dict[str, Figure]] = {label: {} for label in sets}
    notes: dict[str, dict[str, Any]] = {}
    for extractor in dict.fromkeys(str(metric.extractor) for metric in whole):

        def side(label: str, pictures: PictureSet, extractor: str = extractor) -> Side:
            with stage(f"Features of {label}, {extractor}") as on_progress:
                features = instruments.features(pictures, extractor, on_progress)
            return Side(pictures.names, features, seed)

        others = Beside(**{flag: side(flag, pictures) for flag, pictures in beside.items()})
        chosen = [metric for metric in whole if metric.extractor == extractor]
        for label, pictures in sets.items():
            take = partial(measure_whole, fake=side(label, pictures), beside=others)
            figures[label] |= _of_each(chosen, take)
        notes |= _of_each(chosen, others.notes)
    return figures, notes


def _of_each(metrics: Sequence[Metric], take: Callable[[Metric], T]) -> dict[str, T]:
    """Return what is taken of each metric, by its name; under torchrun each process takes some."""
    found = ranks.in_shares(lambda some: [take(metric) for metric in some], metrics)
    return {metric.name: value for metric, value in zip(metrics, found, strict=True)}
