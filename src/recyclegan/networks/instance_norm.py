"""Instance normalisation (Ulyanov et al. 2016) whose gradients are right in any memory format."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class InstanceNorm(nn.InstanceNorm2d):
    """Brings each map of each picture to mean 0 and variance 1, in any mode: (N,C,H,W) to the same.

    On a CPU torch's own has wrong gradients for one picture whose memory is channels-last (a
    relative error near 1, and the same output), and is slower. Layer normalisation over the pixels
    is the same function, with statistics in float32 in every precision.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)

    def make_affine(self) -> None:
        """Give each map a gain and an offset, which change nothing at first."""
        self.weight = nn.Parameter(torch.ones(self.num_features))
        self.bias = nn.Parameter(torch.zeros(self.num_features))

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised maps."""
        if input.device.type == "cpu":
            normalised = F.layer_norm(input, input.shape[-2:], eps=self.eps)
        else:
            normalised = F.instance_norm(input.contiguous(), eps=self.eps)
        if self.weight is None:
            return normalised
        # In the precision of the maps: else autocast would raise all that follows.
        gain, offset = (v.to(normalised.dtype).view(-1, 1, 1) for v in (self.weight, self.bias))
        return torch.addcmul(offset, normalised, gain)
