"""Zero-centred gradient penalty of a discriminator at mixes of real and translated pictures."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(
    judge: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, random: torch.Generator
) -> Tensor:
    """Return the mean over pictures m of |grad_m D(m)|^2, a scalar from 0.

    Pictures (N,3,H,W) in [-1, 1] that get no gradient; m = s x + (1 - s) G(x) with a share s of
    each picture's own from [0, 1], as in Gulrajani et al. 2017, algorithm 1, but towards slope 0
    (Thanh-Tung et al. 2019), as UVCGANv2 steadies a CycleGAN (Torbunov et al. 2023). D(m) is the
    mean over patches. Call it in float32.
    """
    share = torch.rand(len(real), 1, 1, 1, generator=random).to(real)
    mixed = torch.lerp(fake.detach(), real.detach(), share).requires_grad_()
    judged = judge(mixed).flatten(1).mean(1)
    (gradient,) = torch.autograd.grad(judged.sum(), mixed, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()
