"""One discriminator for the picture and others for smaller copies (Wang et al. 2018, 3.2)."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.patch_discriminator import PatchDiscriminator

SMALLEST_SIDE = 32
"""Pixels a side that a PatchGAN needs to have a logit left."""


class MultiScaleDiscriminator(nn.Module):
    """Judges a picture (N,3,H,W) and copies of it, each half the size of the one before.

    Each scale has a PatchGAN of its own, of the same architecture; the coarser ones see more of a
    picture at once. The arguments are those of `PatchDiscriminator`.
    """

    def __init__(self, scales: int, **plain: Any) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(**plain) for _ in range(scales))

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Return the logits (N,1,h,w) of each scale, the finest first."""
        finest, *coarser = self.scales
        logits = [finest(picture)]
        for discriminator in coarser:
            # The count of what padding adds would darken the borders.
            picture = F.avg_pool2d(picture, 3, stride=2, padding=1, count_include_pad=False)
            logits.append(discriminator(picture))
        return logits


def make_discriminator(
    *, scales: int, **plain: Any
) -> PatchDiscriminator | MultiScaleDiscriminator:
    """Return a discriminator; all arguments but the scales are those of `PatchDiscriminator`."""
    if scales == 1:
        return PatchDiscriminator(**plain)
    return MultiScaleDiscriminator(scales=scales, **plain)
