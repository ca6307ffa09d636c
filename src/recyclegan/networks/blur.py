"""A blur before a stride, so that what the stride can't hold does not fold (Zhang 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.convolution import mirror


class Blur(nn.Module):
    """Filters each map by [1, 2, 1]/4 along both sides, mirrored at its borders: (N,C,H,W) to same.

    Placed before a strided convolution it is Zhang's BlurPool behind one of stride 1, for the two
    commute, at a quarter of the work; only the activation between them comes after the stride.
    """

    TAPS = (0.25, 0.5, 0.25)

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        taps = torch.tensor(self.TAPS)
        kernel = torch.outer(taps, taps).expand(channels, 1, 3, 3).clone()
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the filtered maps."""
        return F.conv2d(mirror(x, 1), self.kernel, groups=self.channels)
