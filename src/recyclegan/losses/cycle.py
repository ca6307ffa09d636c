"""Cycle consistency (Zhu et al. 2017, equation 2)."""

from __future__ import annotations

from torch import Tensor


def cycle(recovered: Tensor, real: Tensor) -> Tensor:
    """Return |F(G(x)) - x|_1, averaged: how far a picture comes back from where it started.

    Both pictures (N,3,H,W) in [-1, 1]; a scalar in [0, 2].
    """
    return (recovered - real).abs().mean()
