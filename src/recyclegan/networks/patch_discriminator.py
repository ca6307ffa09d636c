"""The PatchGAN discriminator (Isola et al. 2017, appendix 6.1.2; Zhu et al. 2017, appendix 7.2)."""

from __future__ import annotations

from torch import Tensor, nn

from recyclegan.networks.attention import PooledSelfAttention
from recyclegan.networks.instance_norm import InstanceNorm


class PatchDiscriminator(nn.Module):
    """Judges overlapping patches: a picture (N,3,H,W) in [-1, 1] to logits (N,1,h,w), unbounded.

    Four 4x4 convolutions, `strided` of them with stride 2, then one to a single channel. With three
    it is C64-C128-C256-C512, whose patches are 70x70; with four they are 94x94.
    """

    def __init__(self, features: int, strided: int, attention: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(3, features, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for level in range(1, 4):
            width = features * 2**level
            stride = 2 if level < strided else 1
            layers += [
                nn.Conv2d(width // 2, width, 4, stride=stride, padding=1),
                InstanceNorm(width),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        if attention:
            layers.append(PooledSelfAttention(width))
        layers.append(nn.Conv2d(width, 1, 4, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, picture: Tensor) -> Tensor:
        """Return one logit for each patch; large means real."""
        return self.layers(picture)
