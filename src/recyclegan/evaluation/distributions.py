"""Figures of whole sets: how far the features of one are from those of another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recyclegan.evaluation.registry import Metric
from recyclegan.metrics.frechet import frechet, frechet_infinity
from recyclegan.metrics.kernel import kid
from recyclegan.metrics.resampling import Figure, Floats, draw_order, draw_weights


@dataclass(frozen=True)
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


def measure_whole(metric: Metric, fake: Side, real: Side, source: Side | None = None) -> Figure:
    """Return a figure of a whole set beside the real one, of whose family the metric is.

    Raises:
        UserError: a set has too few pictures.
    """
    weights = fake.weights, real.weights
    match metric.family:
        case "kid":
            return kid(fake.features, real.features, *weights)
        case "fd":
            return frechet(fake.features, real.features, *weights)
        case "fd_infinity":
            return frechet_infinity(
                fake.features, real.features, fake.order, real.order, *weights
            )
    raise AssertionError(metric)
