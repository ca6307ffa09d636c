"""Jacobian clamping of a generator (Odena et al. 2018, section 4, algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import relu

GREY_LEVEL = 2 / 255
"""Deviation of the noise: one of the 256 steps of a picture's values."""

TINY = 1e-12
"""Under the root: a generator that ignores its input still has a gradient."""


def jacobian_clamp(
    generate: Callable[[Tensor], Tensor],
    real: Tensor,
    random: torch.Generator,
    *,
    least: float,
    most: float,
) -> Tensor:
    """Return the mean square by which a generator's gain leaves [least, most], a scalar from 0.

    For each picture x (N,3,H,W) in [-1, 1] the gain is |G(x') - G(x)| / |x' - x|, where x' has
    noise of one grey level more and stays in [-1, 1]. First derivatives are enough. The original
    disturbs a latent vector; here it is the picture. Call it in float32.
    """
    noise = torch.randn(real.shape, generator=random).to(real) * GREY_LEVEL
    disturbed = (real + noise).clamp(-1, 1)
    before, after = generate(torch.cat((real, disturbed))).chunk(2)
    gain = ((_power(after - before) + TINY) / (_power(disturbed - real) + TINY)).sqrt()
    return (relu(gain - most).square() + relu(least - gain).square()).mean()


def _power(difference: Tensor) -> Tensor:
    return difference.square().sum(dim=(1, 2, 3))
