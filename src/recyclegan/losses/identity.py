"""Identity mapping (Zhu et al. 2017, section 5.2; Taigman et al. 2016)."""

from __future__ import annotations

from torch import Tensor


def identity(translated: Tensor, real: Tensor) -> Tensor:
    """Return |G(y) - y|_1, averaged, for pictures y that are in G's target domain already.

    Both pictures (N,3,H,W) in [-1, 1]; a scalar in [0, 2]. It keeps G from tinting or inverting
    what needs no change.
    """
    return (translated - real).abs().mean()
