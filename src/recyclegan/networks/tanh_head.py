"""The head that paints a picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recyclegan.networks.convolution import FewChannelsConv2d


class TanhHead(nn.Module):
    """Paints the picture: a 7x7 convolution to RGB, then tanh (Zhu et al. 2017)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = FewChannelsConv2d(channels, 3, 7)

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        """Return a picture (N,3,H,W) in [-1, 1] from features (N,C,H,W)."""
        return self.finish(self.convolution(features), picture)

    def finish(self, values: Tensor, picture: Tensor) -> Tensor:
        """Return the picture from what the convolution made."""
        return torch.tanh(values)
