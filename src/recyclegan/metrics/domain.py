"""Is a translation taken for the target domain, by classifiers that never saw its source?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from recyclegan.errors import UserError
from recyclegan.metrics.resampling import Figure, Floats, draw_weights, share_figure

NUM_FOLDS = 5
PENALTY = 0.1
"""Weight of half a classifier's squared norm beside its summed loss; features vary by 1 / D."""
NUM_BINS = 10
"""Bins of confidence for the calibration error (Guo et al. 2017, section 2)."""


@dataclass(frozen=True)
class DomainJudge:
    """Classifiers of source and target, one a fold of names, and how they do on held-out reals.

    `accuracy` is over both domains' pictures, each judged by the classifier that did not see its
    fold; `calibration_error` is the expected calibration error of those judgements, in [0, 1].
    Directions are (NUM_FOLDS, D) and offsets (NUM_FOLDS,): the log-odds of the target.
    """

    folds: Mapping[str, int]
    directions: Floats
    offsets: Floats
    accuracy: Figure
    calibration_error: float

    def probabilities(self, features: NDArray[Any], names: Sequence[str]) -> Floats:
        """Return the probability of the target domain, (N,), for features (N, D).

        Each picture is judged by the classifier that saw no picture of its name, real or source. A
        name of neither domain was seen by none, and any may judge it.
        """
        folds = np.array([self.folds.get(name, 0) for name in names], dtype=np.intp)
        rows = np.asarray(features, dtype=np.float64)
        return expit(np.einsum("nd,nd->n", rows, self.directions[folds]) + self.offsets[folds])

    def share(self, features: NDArray[Any], names: Sequence[str], weights: Floats) -> Figure:
        """Return the share of translations (N, D) taken for the target, with weights (R, N)."""
        return share_figure(self.probabilities(features, names) > 0.5, weights)


def train_domain_judge(
    source: NDArray[Any],
    target: NDArray[Any],
    source_names: Sequence[str],
    target_names: Sequence[str],
    *,
    seed: int = 0,
) -> DomainJudge:
    """Fit a logistic regression for each fold on the real pictures of the other folds.

    Features are (N, D) and (M, D). Folds are drawn by name and seed, each with its part of both
    domains; a name that both have is in one fold. Both domains weigh the same, however many each.

    Raises:
        UserError: A domain has too few pictures for the folds, or scikit-learn is missing.
    """
    fewest = min(len(source), len(target))
    if fewest < NUM_FOLDS:
        raise UserError(
            f"a classifier of the two domains needs at least {NUM_FOLDS} pictures of each, and one "
            f"has {fewest}: leave the share taken for the target out or give more pictures."
        )
    folds = _draw_folds(source_names, target_names, seed)
    features = np.concatenate([source, target]).astype(np.float64)
    labels = np.repeat([0, 1], [len(source), len(target)])
    held_by = np.array([folds[name] for name in (*source_names, *target_names)])
    lines = [_fitted_line(features[held_by != k], labels[held_by != k]) for k in range(NUM_FOLDS)]
    directions, offsets = (
        np.stack([line[0] for line in lines]),
        np.array([line[1] for line in lines]),
    )
    odds = np.einsum("nd,nd->n", features, directions[held_by]) + offsets[held_by]
    right = (odds > 0) == (labels == 1)
    names = [f"source {name}" for name in source_names] + [
        f"target {name}" for name in target_names
    ]
    return DomainJudge(
        folds,
        directions,
        offsets,
        share_figure(right, draw_weights(names, seed=seed)),
        expected_calibration_error(expit(np.abs(odds)), right),
    )


def expected_calibration_error(confidence: NDArray[Any], right: NDArray[Any]) -> float:
    """Return the mean over pictures of |accuracy - confidence| of their bin, in [0, 1].

    Confidence is (N,) in [0.5, 1], `right` (N,) of truth values. Guo et al. 2017, eq. 3, with the
    bins over what confidences two classes can have. With few pictures chance alone makes it large.
    """
    bins = np.clip(((confidence - 0.5) * 2 * NUM_BINS).astype(int), 0, NUM_BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence, minlength=NUM_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _draw_folds(
    source_names: Sequence[str], target_names: Sequence[str], seed: int
) -> dict[str, int]:
    def shuffled(names: set[str]) -> list[str]:
        def key(name: str) -> bytes:
            return hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).digest()

        return sorted(names, key=key)

    sources = set(source_names)
    folds = {name: k % NUM_FOLDS for k, name in enumerate(shuffled(sources))}
    rest = shuffled(set(target_names) - sources)
    return folds | {name: k % NUM_FOLDS for k, name in enumerate(rest)}


def _fitted_line(features: Floats, labels: NDArray[Any]) -> tuple[Floats, float]:
    """Return direction (D,) and offset of the log-odds on features as they are given."""
    try:
        # Imported when first needed: it is an extra, and takes a second.
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise UserError(
            "the share taken for the target domain needs scikit-learn: "
            "pip install 'recyclegan[eval]'"
        ) from error
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    # Over sqrt(D), so that one strength of regularisation fits any number of features.
    scale = np.where(deviation > 0, deviation, 1) * np.sqrt(features.shape[1])
    model = LogisticRegression(C=1 / PENALTY, class_weight="balanced", max_iter=1000)
    model.fit((features - mean) / scale, labels)
    direction = model.coef_[0] / scale
    return direction, float(model.intercept_[0] - mean @ direction)
