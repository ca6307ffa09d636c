"""Stages that halve or double the resolution."""

from __future__ import annotations

from typing import Literal

from torch import nn

from recyclegan.networks.blur import Blur
from recyclegan.networks.convolution import MirroredConv2d
from recyclegan.networks.instance_norm import InstanceNorm


def downsampling(
    channels_in: int,
    channels_out: int,
    padding: Literal["reflect", "zeros"],
    antialias: bool = False,
) -> nn.Sequential:
    """Return a stage (N,C,H,W) to (N,C',H/2,W/2): a 3x3 convolution of stride 2.

    `padding` is "reflect" or "zeros", what is at the border; `antialias` blurs before.
    """
    convolution = (
        MirroredConv2d(channels_in, channels_out, 3, stride=2)
        if padding == "reflect"
        else nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1)
    )
    blur = [Blur(channels_in)] if antialias else []
    return nn.Sequential(*blur, convolution, InstanceNorm(channels_out), nn.ReLU(inplace=True))


def transposed_upsampling(channels_in: int, channels_out: int) -> nn.Sequential:
    """Return a stage (N,C,H,W) to (N,C',2H,2W): a transposed 3x3 convolution, as in CycleGAN.

    Its taps overlap unevenly, which can draw a checkerboard (Odena et al. 2016).
    """
    return nn.Sequential(
        nn.ConvTranspose2d(channels_in, channels_out, 3, stride=2, padding=1, output_padding=1),
        InstanceNorm(channels_out),
        nn.ReLU(inplace=True),
    )


def resize_upsampling(channels_in: int, channels_out: int) -> nn.Sequential:
    """Return a stage (N,C,H,W) to (N,C',2H,2W): nearest resize, then a 3x3 convolution.

    Every output pixel gets the same number of taps, so no checkerboard (Odena et al. 2016).
    """
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        MirroredConv2d(channels_in, channels_out, 3),
        InstanceNorm(channels_out),
        nn.ReLU(inplace=True),
    )


UPSAMPLINGS = {"transposed": transposed_upsampling, "resize": resize_upsampling}
