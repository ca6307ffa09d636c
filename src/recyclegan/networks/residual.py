"""Residual block (He et al. 2016), as in CycleGAN (Zhu et al. 2017, appendix 7.2)."""

from __future__ import annotations

from torch import Tensor, nn

from recyclegan.networks.convolution import MirroredConv2d
from recyclegan.networks.instance_norm import InstanceNorm


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose result is added to the input: (N,C,H,W) to (N,C,H,W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            MirroredConv2d(channels, channels, 3),
            InstanceNorm(channels),
            nn.ReLU(inplace=True),
            MirroredConv2d(channels, channels, 3),
            InstanceNorm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x + change(x)."""
        return x + self.change(x)
