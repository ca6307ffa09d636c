"""Values given coarsely and read finely, along the edges of a picture (Gharbi et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.halves import raised, without_autocast

LUMA = (0.299, 0.587, 0.114)


class Guide(nn.Module):
    """A learned brightness of each pixel, (N,3,H,W) in [-1, 1] to (N,1,H,W) in (0, 1).

    Two 1x1 convolutions, as the pointwise network of Gharbi et al. 2017, section 3.4.1; it begins
    as the picture's luma through a sigmoid. Computed in float32.
    """

    HINGES = 8
    SLOPE, START_STD = 4.0, 0.01

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Conv2d(3, self.HINGES, 1)
        self.out = nn.Conv2d(self.HINGES, 1, 1)

    def reset_to_start(self) -> None:
        """Bend at so many brightnesses, the first below all of them; the others' share is small."""
        with torch.no_grad():
            self.hidden.weight.copy_(torch.tensor(LUMA).view(1, 3, 1, 1))
            assert self.hidden.bias is not None and self.out.bias is not None
            self.hidden.bias.copy_(1 - torch.arange(self.HINGES) * 2 / self.HINGES)
            self.out.weight.normal_(std=self.START_STD)
            self.out.weight[:, 0] = self.SLOPE
            self.out.bias.fill_(-self.SLOPE)

    def forward(self, picture: Tensor) -> Tensor:
        """Return where each pixel lies in the grid's depth."""
        with without_autocast(picture):
            return torch.sigmoid(self.out(F.relu(self.hidden(raised(picture)))))


def read_at(grid: Tensor, guide: Tensor, depth: int) -> Tensor:
    """Return values (N,K,H,W) of a grid (N,depth*K,H,W), each at its depth by a guide (N,1,H,W).

    Linear between the two levels around it, of which 0 and 1 are the first and the last. Together
    with the enlargement of the grid to H x W it is the trilinear slicing of Gharbi et al. 2017,
    equation 4; unlike `grid_sample` in five dimensions it is differentiable twice.
    """
    place = guide * (depth - 1)
    first, *others = (
        (values, F.relu(1 - (place - level).abs()))
        for level, values in enumerate(grid.chunk(depth, dim=1))
    )
    total = first[0] * first[1]
    for values, share in others:
        total = torch.addcmul(total, values, share)
    return total
