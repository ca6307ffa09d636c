"""Figures of whole sets: how far the features of one are from those of another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.evaluation.registry import Metric
from recyclegan.metrics.domain import NUM_FOLDS, DomainJudge, train_domain_judge
from recyclegan.metrics.frechet import frechet, frechet_infinity
from recyclegan.metrics.kernel import kid
from recyclegan.metrics.resampling import Figure, Floats, draw_order, draw_weights


@dataclass(frozen=True, eq=False)
class Side:
    """A set as one extractor sees it: features (N, D) of pictures by name, and their resamples."""

    names: tuple[str, ...]
    features: NDArray[np.float32]
    seed: int

    @cached_property
    def weights(self) -> Floats:
        """How often each picture is drawn in each resample, (R, N)."""
        return draw_weights(self.names, seed=self.seed)

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """A random order of the pictures, (N,)."""
        return draw_order(self.names, seed=self.seed)


@dataclass(frozen=True, eq=False)
class Beside:
    """The real sides that others are measured against, as one extractor sees them."""

    real: Side
    source: Side | None = None

    @cached_property
    def judge(self) -> DomainJudge:
        """The classifiers of the two real domains, fitted once for all sets."""
        assert self.source is not None
        source, real = self.source, self.real
        return train_domain_judge(
            source.features, real.features, source.names, real.names, seed=real.seed
        )

    def notes(self, metric: Metric) -> dict[str, Any]:
        """Return what belongs in a figure's recipe and is only known once it was taken."""
        if metric.family != "domain_share":
            return {}
        accuracy = self.judge.accuracy
        return {
            "classifier": f"logistic regression, {NUM_FOLDS} folds",
            "held_out_accuracy": {"value": accuracy.value, "interval": accuracy.interval},
            "calibration_error": self.judge.calibration_error,
        }


def measure_whole(metric: Metric, fake: Side, beside: Beside) -> Figure:
    """Return a figure of a whole set beside the real ones, of whose family the metric is.

    Raises:
        UserError: a set has too few pictures.
    """
    real = beside.real
    match metric.family:
        case "kid":
            # Of two pictures every resample that can be measured is the set itself: no spread.
            few = min(len(fake.names), len(real.names)) < 3
            weights = () if few else (fake.weights, real.weights)
            return kid(fake.features, real.features, *weights)
        case "fd":
            return frechet(fake.features, real.features, fake.weights, real.weights)
        case "fd_infinity":
            return frechet_infinity(
                *(fake.features, real.features, fake.order, real.order),
                *(fake.weights, real.weights),
            )
        case "domain_share":
            return beside.judge.share(fake.features, fake.names, fake.weights)
    raise AssertionError(metric)
