"""Paint for what no change of the picture can make: lamps that light, windows that go out."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.convolution import FewChannelsConv2d, MirroredConv2d
from recyclegan.networks.halves import raised


class Brush(nn.Module):
    """Lays paint p over a picture by a mask m that starts at 2 %: (1 - m) picture + m tanh(p).

    Paint and mask come from two 3x3 convolutions at the picture's full size over the picture that
    is translated and over `CONTEXT` maps that say what is where, as coarse as they may be: the
    place of a lamp is seen in the one, that there are lamps in the other.
    """

    CONTEXT = 8
    HIDDEN = 16
    REACH = 2
    """Rows and columns around a pixel that it depends on."""
    START_MASK = 0.02
    START_STD = 3e-4

    def __init__(self) -> None:
        super().__init__()
        self.hidden = MirroredConv2d(3 + self.CONTEXT, self.HIDDEN, 3)
        self.out = FewChannelsConv2d(self.HIDDEN, 4, 3)

    def reset_to_start(self) -> None:
        """Paint next to nothing, yet not so that no gradient passes."""
        assert self.hidden.bias is not None and self.out.bias is not None
        nn.init.kaiming_normal_(self.hidden.weight, nonlinearity="relu")
        nn.init.normal_(self.out.weight, std=self.START_STD)
        nn.init.zeros_(self.hidden.bias)
        nn.init.zeros_(self.out.bias)
        nn.init.constant_(self.out.bias[3:], math.log(self.START_MASK / (1 - self.START_MASK)))

    def forward(self, changed: Tensor, picture: Tensor, context: Tensor) -> Tensor:
        """Return pictures `changed` (N,3,H,W) with paint on them."""
        dtype = self.hidden.weight.dtype
        seen = torch.cat((picture.to(dtype), context.to(dtype)), dim=1)
        paint, mask = torch.split(raised(self.out(F.relu(self.hidden(seen)))), [3, 1], dim=1)
        return torch.lerp(changed, torch.tanh(paint), torch.sigmoid(mask))
