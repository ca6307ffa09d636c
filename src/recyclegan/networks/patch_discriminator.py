"""The PatchGAN discriminator (Isola et al. 2017, appendix 6.1.2; Zhu et al. 2017, appendix 7.2)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from recyclegan.networks.attention import PooledSelfAttention
from recyclegan.networks.blur import Blur
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.spectral_norm import SpectralConv2d


class PatchDiscriminator(nn.Module):
    """Judges overlapping patches: a picture (N,3,H,W) in [-1, 1] to logits (N,1,h,w), unbounded.

    Four 4x4 convolutions, `strided` of them with stride 2, then one to a single channel. With three
    it is C64-C128-C256-C512, whose patches are 70x70; with four they are 94x94.

    Args:
        features: channels of the first convolution.
        strided: convolutions of stride 2.
        attention: pooled self-attention before the last convolution.
        norm: InstanceNorm after all but the first and the last convolution, a spectral norm of each
            in its place, or neither.
        antialias: a blur before each strided convolution but the first.
        pooled: whether the logits of a picture are averaged to one, (N,1,1,1).
    """

    def __init__(
        self,
        features: int,
        strided: int,
        attention: bool,
        norm: Literal["instance", "spectral", "none"] = "instance",
        antialias: bool = False,
        pooled: bool = False,
    ) -> None:
        super().__init__()
        convolution = SpectralConv2d if norm == "spectral" else nn.Conv2d
        layers: list[nn.Module] = [
            convolution(3, features, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for level in range(1, 4):
            width = features * 2**level
            stride = 2 if level < strided else 1
            if antialias and stride == 2:
                layers.append(Blur(width // 2))
            layers.append(convolution(width // 2, width, 4, stride=stride, padding=1))
            if norm == "instance":
                layers.append(InstanceNorm(width))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
        if attention:
            layers.append(PooledSelfAttention(width, convolution))
        layers.append(convolution(width, 1, 4, padding=1))
        self.layers = nn.Sequential(*layers)
        self.pooled = pooled

    def forward(self, picture: Tensor) -> Tensor:
        """Return one logit for each patch, or for the picture; large means real."""
        logits = self.layers(picture)
        return logits.mean(dim=(2, 3), keepdim=True) if self.pooled else logits
