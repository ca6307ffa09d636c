"""A convolution whose largest singular value is held at one (Miyato et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.halves import without_autocast


class SpectralConv2d(nn.Conv2d):
    """Divides its weights, as a matrix (C', C h w), by an estimate of their largest singular value.

    The estimate follows the weights by one power iteration a pass (algorithm 1), while these learn:
    in a phase that trains another network, and in evaluation, it stays. So its vector, which is in
    the state dict, moves as often as the weights do, whatever else looks through the network.
    """

    FIRST_ITERATIONS = 20

    direction: Tensor

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__(channels_in, channels_out, kernel_size, stride, padding)
        self.register_buffer("direction", F.normalize(torch.randn(channels_out), dim=0))
        self.reset_to_start()

    def reset_to_start(self) -> None:
        """Let the estimate settle on weights that were drawn anew."""
        for _ in range(self.FIRST_ITERATIONS):
            self._iterate()

    def forward(self, input: Tensor) -> Tensor:
        """Return the filtered maps."""
        with without_autocast(input):
            if self.training and self.weight.requires_grad:
                self._iterate()
            weight = self.weight / self.singular_value()
        return F.conv2d(input, weight, self.bias, self.stride, self.padding)

    def singular_value(self) -> Tensor:
        """Return the estimate u W v, a scalar, differentiable by the weights alone."""
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            # A copy, since the next pass turns the vector before this one's gradient is taken.
            left = self.direction.clone()
            right = F.normalize(matrix.T @ left, dim=0)
        return left @ (matrix @ right)

    @torch.no_grad()
    def _iterate(self) -> None:
        matrix = self.weight.flatten(1)
        self.direction.copy_(
            F.normalize(matrix @ F.normalize(matrix.T @ self.direction, dim=0), dim=0)
        )
