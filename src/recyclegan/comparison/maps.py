"""Maps of sets from their distances: multidimensional scaling, and t-SNE that starts from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE, smacof

Array = NDArray[np.float64]

LARGEST_PERPLEXITY = 30.0
START_SPREAD = 1e-4
"""Standard deviation of the positions that t-SNE starts from."""
STEP = 0.5
"""Its learning rate: at the library's least, 50, a map of a few points flies apart."""
SAME = 1e-4
"""Share of the largest distance below which a difference of two is rounding, or invisible."""


@dataclass(frozen=True)
class Scaling:
    """Positions (S,K) whose distances resemble those of a matrix, and how far they do not."""

    points: Array
    stress: float
    """Kruskal's stress-1: 0 is a perfect map, 0.05 good, 0.1 fair, 0.2 poor (Kruskal 1964)."""


@dataclass(frozen=True)
class Embedding:
    """Positions (S,K) by t-SNE, of root mean square 1, since they have no scale of their own."""

    points: Array
    perplexity: float
    """A third of the other sets, at least 1 and at most 30."""


def scale(distances: Array, dimensions: int) -> Scaling:
    """Place sets by metric multidimensional scaling of their distances (S,S).

    Stress majorisation (SMACOF, de Leeuw 1977) from the classical solution (Torgerson 1952): no
    chance is involved, and sets at distance 0 that are equally far from all others coincide.
    """
    start = _classical(distances, dimensions)
    if not start.any():
        return Scaling(start, 0.0)
    points, _ = smacof(
        distances,
        n_components=dimensions,
        init=start,
        n_init=1,
        max_iter=3000,
        eps=1e-9,
        normalized_stress=False,
    )
    return Scaling(points, _stress(distances, points))


def embed(distances: Array, dimensions: int, *, seed: int = 0) -> Embedding:
    """Place sets by t-SNE of their distances (S,S), S >= 3 (van der Maaten and Hinton 2008).

    The exact method, which starts from the scaled map, so that what is far apart is not torn apart
    by chance; sets that no distance tells apart are one point of it.
    """
    assert len(distances) >= 3, "a map needs three sets"
    first, which = _distinct(distances)
    apart = distances[np.ix_(first, first)]
    perplexity = min(LARGEST_PERPLEXITY, max(1.0, (len(first) - 1) / 3))
    points = scale(apart, dimensions).points
    if len(first) > 2:
        tsne = TSNE(
            dimensions,
            perplexity=perplexity,
            learning_rate=STEP,
            metric="precomputed",
            method="exact",
            init=(points * (START_SPREAD / points.std())).astype(np.float32),
            random_state=seed,
        )
        # A copy: t-SNE squares its distances in place.
        points = tsne.fit_transform(apart.copy()).astype(np.float64)
    radius = float(np.sqrt((points**2).sum(axis=1).mean())) or 1.0
    return Embedding(points[which] / radius, perplexity)


def _distinct(distances: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first set of each group that no distance tells apart, and each set's group."""
    apart = np.abs(distances[:, None] - distances).max(axis=2) > SAME * distances.max()
    representative = (~apart).argmax(axis=1)
    first, which = np.unique(representative, return_inverse=True)
    return first, which


def _classical(distances: Array, dimensions: int) -> Array:
    """Return the classical solution (S,K): the leading axes of the doubly centred squares."""
    centre = np.eye(len(distances)) - 1 / len(distances)
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    order = np.argsort(values)[::-1][:dimensions]
    points = np.zeros((len(distances), dimensions))
    axes = vectors[:, order] * np.sqrt(values[order].clip(0))
    # An axis has no direction of its own; its longest arm points to the right.
    longest = np.abs(axes).argmax(axis=0)
    signs = np.where(axes[longest, np.arange(len(order))] < 0, -1, 1)
    points[:, : len(order)] = axes * signs
    return points


def _stress(distances: Array, points: Array) -> float:
    mapped = np.linalg.norm(points[:, None] - points, axis=2)
    return float(np.sqrt(((distances - mapped) ** 2).sum() / (mapped**2).sum()))
