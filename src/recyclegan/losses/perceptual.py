"""Distances between two pictures by the maps of a pretrained network (Johnson et al. 2016, eq. 2).

Shallow maps hold colour and light, which day to night has to change: they serve for pictures that
should be the same. For content across domains deep maps alone are compared, and without the mean
and the deviation of each channel, which hold the style (Huang et al. 2018, section 5.1).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

DEEPEST = 1 / 4
"""Weight of the last layer; each counts twice as much as the one before, as its values are less."""
TINY = 1e-5
"""Added to the variance of a channel before it is divided by its root."""


def perceptual_distance(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Tensor:
    """Return the weighted sum over layers of the mean absolute difference, a scalar from 0.

    Maps (N,C,h,w) of two pictures, shallow layers first; four layers weigh 1/32, 1/16, 1/8, 1/4.
    """
    pairs = zip(reversed(ours), reversed(theirs), strict=True)
    distances = [(a - b).abs().mean() * DEEPEST / 2**above for above, (a, b) in enumerate(pairs)]
    return torch.stack(distances).sum()


def content_distance(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Tensor:
    """Return the mean squared difference of instance-normalised maps, a scalar in [0, 4].

    Maps (N,C,h,w) of two pictures; the mean over layers. A gain or an offset of a channel is free.
    """
    pairs = zip(ours, theirs, strict=True)
    distances = [(_normalised(a) - _normalised(b)).square().mean() for a, b in pairs]
    return torch.stack(distances).mean()


def _normalised(maps: Tensor) -> Tensor:
    places = maps.flatten(2)
    variance, mean = torch.var_mean(places, 2, correction=0, keepdim=True)
    return (places - mean) / (variance + TINY).sqrt()
