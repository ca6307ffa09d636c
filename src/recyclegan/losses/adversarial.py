"""Adversarial losses, taken on every patch and only then averaged.

Averaging the logits first would throw the patches' locality away: for least squares
E(D - 1)^2 = (mean - 1)^2 + Var, and the variance over patches would no longer count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus


@dataclass(frozen=True)
class AdversarialLoss:
    """The two sides of one game, on patch logits (N,1,h,w); each returns a scalar.

    `generator(real, fake)` falls as the fakes look real; `discriminator(real, fake)` falls as D
    tells them apart. For the generator `real` is a function that gives the logits, without
    gradient: most losses never call it. A logit above `boundary` says real; without a boundary a
    patch is real that has a higher logit than the other at its place.
    """

    generator: Callable[[Callable[[], Tensor], Tensor], Tensor]
    discriminator: Callable[[Tensor, Tensor], Tensor]
    boundary: float | None

    def accuracy(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the share of patches that D takes for what they are, a scalar in [0, 1]."""
        if self.boundary is None:
            return (real > fake).float().mean()
        right = (real > self.boundary).float().mean() + (fake <= self.boundary).float().mean()
        return right / 2


ADVERSARIAL: dict[str, AdversarialLoss] = {
    # Non-saturating log-BCE (Goodfellow et al. 2014, section 3).
    "bce": AdversarialLoss(
        generator=lambda real, fake: softplus(-fake).mean(),
        discriminator=lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        boundary=0.0,
    ),
    # Least squares (Mao et al. 2017, equation 9), halved for D as in Zhu et al. 2017, appendix 7.1.
    "lsgan": AdversarialLoss(
        generator=lambda real, fake: (fake - 1).square().mean(),
        discriminator=lambda real, fake: 0.5 * ((real - 1).square().mean() + fake.square().mean()),
        boundary=0.5,
    ),
    # Hinge (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17).
    "hinge": AdversarialLoss(
        generator=lambda real, fake: -fake.mean(),
        discriminator=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        boundary=0.0,
    ),
    # Relativistic pairing (Jolicoeur-Martineau 2019; Huang et al. 2024): how much
    # more real one of a pair is. The pairs are the patches at one place.
    "relativistic": AdversarialLoss(
        generator=lambda real, fake: softplus(real() - fake).mean(),
        discriminator=lambda real, fake: softplus(fake - real).mean(),
        boundary=None,
    ),
}
