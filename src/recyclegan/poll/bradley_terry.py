"""Bradley-Terry strengths of sets from how often each was preferred to each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RIDGE = 0.1
"""Weight of the squared strengths: as if each were drawn from a normal of deviation 3.2.

It keeps strengths finite where a set won every time or was never compared, and moves others by
less than their intervals show.
"""

MAX_STEP = 1.0
MAX_STEPS = 200
TOLERANCE = 1e-9

Wins = NDArray[np.float64]


def fit_strengths(wins: Wins) -> NDArray[np.float64]:
    """Return strengths (..., S) that add up to 0, from wins (..., S, S) of row over column.

    A tie is half a win for each side (Bradley & Terry 1952 maximise the likelihood of wins alone).
    With P(i over j) = sigmoid(t_i - t_j), it maximises
    sum_ij wins_ij log P(i over j) - RIDGE / 2 * sum_i t_i^2 by Newton steps of bounded length.
    """
    compared = wins + np.swapaxes(wins, -1, -2)
    num_sets = wins.shape[-1]
    strengths = np.zeros(wins.shape[:-1])
    diagonal = np.arange(num_sets)
    for _ in range(MAX_STEPS):
        chance = sigmoid(strengths[..., :, None] - strengths[..., None, :])
        gradient = (wins - compared * chance).sum(-1) - RIDGE * strengths
        curvature = -compared * chance * (1 - chance)
        curvature[..., diagonal, diagonal] -= curvature.sum(-1) - RIDGE
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        longest = np.abs(step).max(-1, keepdims=True)
        strengths += step * np.minimum(1, MAX_STEP / np.maximum(longest, MAX_STEP))
        if longest.max(initial=0) < TOLERANCE:
            break
    return strengths - strengths.mean(-1, keepdims=True)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (1 + np.tanh(logits / 2))
