"""Cycle consistency (Zhu et al. 2017, equation 2), of whole pictures or of their broad areas."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d


def cycle(recovered: Tensor, real: Tensor, low_pass: int = 1) -> Tensor:
    """Return |F(G(x)) - x|_1, averaged: how far a picture comes back from where it started.

    Both pictures (N,3,H,W) in [-1, 1]; a scalar in [0, 2]. With `low_pass` k, a divisor of H and W,
    means over k x k pixels are compared. Detail that a translation cannot show need not come back
    then, so that less of it has to be hidden there as a faint pattern (Chu et al. 2017).
    """
    difference = recovered - real
    if low_pass > 1:
        difference = avg_pool2d(difference, low_pass)
    return difference.abs().mean()
