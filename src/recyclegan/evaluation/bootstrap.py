"""A mean over pictures and how far chance in the choice of pictures could move it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NUM_RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean, the ends of its interval, and the number of pictures behind it.

    The mean is None without any picture, the ends are None with fewer than two.
    """

    value: float | None
    low: float | None
    high: float | None
    num_pictures: int


def estimate_mean(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """Return the mean of finite values, one a picture, with its 95 % bootstrap interval.

    Percentile interval over 2,000 resamples of the pictures (Efron and Tibshirani 1993, chapter
    13), widened by sqrt(n / (n - 1)) because resampling n pictures understates their variance by
    that much. The same values in the same order and the same seed give the same interval.
    """
    sample = np.asarray(values, dtype=np.float64)
    num = len(sample)
    if num == 0:
        return Estimate(None, None, None, 0)
    mean = float(sample.mean())
    if num == 1:
        return Estimate(mean, None, None, 1)
    picks = np.random.default_rng(seed).integers(num, size=(NUM_RESAMPLES, num))
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    ends = np.quantile(sample[picks].mean(axis=1), tails)
    low, high = mean + (ends - mean) * math.sqrt(num / (num - 1))
    return Estimate(mean, float(low), float(high), num)
