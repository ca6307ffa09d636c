"""Convolutions with mirrored borders."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def mirror(x: Tensor, reach: int) -> Tensor:
    """Return maps (N,C,H,W) with `reach` mirrored rows and columns more at each border."""
    if x.requires_grad and x.device.type == "cpu":
        return _Mirror.apply(x, reach)
    return _pad(x, reach)


def _pad(x: Tensor, reach: int) -> Tensor:
    # Autocast would raise halves to float32 for this and lower them again.
    halves = x.dtype.itemsize == 2
    with torch.autocast(x.device.type, enabled=False) if halves else nullcontext():
        return F.pad(x, (reach, reach, reach, reach), mode="reflect")


class _Mirror(torch.autograd.Function):
    """The same with a gradient that takes a fraction of the time of torch's own on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, reach: int) -> Tensor:
        ctx.reach = reach
        return _pad(x, reach)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        rows = _folded(gradients[0], ctx.reach, dim=-2)
        return _folded(rows, ctx.reach, dim=-1), None


def _folded(gradient: Tensor, reach: int, dim: int) -> Tensor:
    """Add what lies beyond the borders of a dimension to what it mirrors."""
    size = gradient.shape[dim] - 2 * reach
    inner = gradient.narrow(dim, reach, size).clone()
    before, after = (gradient.narrow(dim, start, reach).flip(dim) for start in (0, reach + size))
    inner.narrow(dim, 1, reach).add_(before)
    inner.narrow(dim, size - 1 - reach, reach).add_(after)
    return inner


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
        mirrored = mirror(input, self.kernel_size[0] // 2)
        return F.conv2d(mirrored, self.weight, self.bias, self.stride)


class FewChannelsConv2d(MirroredConv2d):
    """The same with stride 1, for an output of few channels.

    A CPU computes output channels 16 at a time, so that 3 of them leave most of its work unused.
    There each column of the kernel makes channels of its own, which are then shifted and added up:
    the same sum in another order, in less than half the time.
    """

    MANY = 12
    """Output channels from which on it would no longer pay."""

    def __init__(self, channels_in: int, channels_out: int, kernel_size: int) -> None:
        super().__init__(channels_in, channels_out, kernel_size)

    def forward(self, input: Tensor) -> Tensor:
        """Return the filtered maps."""
        if input.device.type != "cpu":
            return super().forward(input)
        channels_out, channels_in, height, num_columns = self.weight.shape
        columns = self.weight.permute(3, 0, 1, 2).reshape(-1, channels_in, height, 1)
        made = F.conv2d(mirror(input, self.kernel_size[0] // 2), columns).chunk(num_columns, dim=1)
        width = input.shape[-1]
        total = sum(maps[..., x : x + width] for x, maps in enumerate(made))
        assert isinstance(total, Tensor) and self.bias is not None
        return total + self.bias.view(1, channels_out, 1, 1)
