"""The averaged generators that are evaluated and shipped (EMA; Yazıcı et al. 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def averaged(generators: nn.ModuleDict, decay: float) -> AveragedModel:
    """Return an exponential average of generators, updated by `update_parameters`."""
    average = AveragedModel(generators, multi_avg_fn=_warmed_up(decay))
    return average.eval().requires_grad_(False)


def _warmed_up(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    """Return an update with decay min(decay, (1 + t)/(10 + t)) at update t.

    Without the warm-up the average would still hold most of its random start after a short run.
    """

    @torch.no_grad()
    def update(
        average: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Tensor | int
    ) -> None:
        t = int(num_averaged)
        torch._foreach_lerp_(list(average), list(current), 1 - min(decay, (1 + t) / (10 + t)))

    return update
