"""Convolutions with mirrored borders."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MirroredConv2d(nn.Conv2d):
    """A convolution with an odd kernel whose input is mirrored at its borders.

    (N,C,H,W) to (N,C',H/stride,W/stride).
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__(
            channels_in,
            channels_out,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            padding_mode="reflect",
        )

    def forward(self, input: Tensor) -> Tensor:
        """Return the filtered maps."""
        return F.conv2d(self.mirror(input), self.weight, self.bias, self.stride)

    def mirror(self, x: Tensor) -> Tensor:
        """Return maps with borders as wide as the kernel reaches."""
        reach = self.kernel_size[0] // 2
        # Autocast would raise halves to float32 for this and lower them again.
        halves = x.dtype.itemsize == 2
        with torch.autocast(x.device.type, enabled=False) if halves else nullcontext():
            return F.pad(x, (reach, reach, reach, reach), mode="reflect")


class FewChannelsConv2d(MirroredConv2d):
    """The same with stride 1, for an output of few channels.

    A CPU computes output channels 16 at a time, so that 3 of them leave most of its work unused.
    There each column of the kernel makes channels of its own, which are then shifted and added up:
    the same sum in another order, in less than half the time.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel_size: int) -> None:
        super().__init__(channels_in, channels_out, kernel_size)

    def forward(self, input: Tensor) -> Tensor:
        """Return the filtered maps."""
        if input.device.type != "cpu":
            return super().forward(input)
        channels_out, channels_in, height, num_columns = self.weight.shape
        columns = self.weight.permute(3, 0, 1, 2).reshape(-1, channels_in, height, 1)
        made = F.conv2d(self.mirror(input), columns).chunk(num_columns, dim=1)
        width = input.shape[-1]
        total = sum(maps[..., x : x + width] for x, maps in enumerate(made))
        assert isinstance(total, Tensor) and self.bias is not None
        return total + self.bias.view(1, channels_out, 1, 1)
