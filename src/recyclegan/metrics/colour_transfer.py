"""Colour transfer: the baseline that a translation has to beat before it is worth anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ColourStatistics:
    """Mean and standard deviation of each channel, (3,) and (3,), in a domain's typical picture."""

    mean: Tensor
    std: Tensor


def colour_statistics(pictures: Iterable[Tensor]) -> ColourStatistics:
    """Average the channel means and deviations of pictures in [-1, 1], each counting once.

    Takes (N, 3, H, W), or any pictures (3, H, W) one after another, of any sizes. The deviation is
    that within a picture: pixels of all pictures pooled would count the differences between
    pictures as contrast.

    Raises:
        ValueError: There is no picture.
    """
    means, stds = [], []
    for picture in pictures:
        pixels = picture.detach().flatten(1).double()
        means.append(pixels.mean(dim=1))
        stds.append(pixels.std(dim=1, correction=0))
    if not means:
        raise ValueError("colour statistics need at least one picture")
    return ColourStatistics(torch.stack(means).mean(dim=0), torch.stack(stds).mean(dim=0))


def colour_transfer(pictures: Tensor, target: ColourStatistics) -> Tensor:
    """Move each picture's own channel means and deviations to the target's, clamped to [-1, 1].

    Pictures are (N, 3, H, W) in [-1, 1], and so is the result. A constant channel stays constant.
    Reinhard et al. 2001, eq. 10 and 11, here in RGB.
    """
    mean = pictures.mean(dim=(2, 3), keepdim=True)
    std = pictures.std(dim=(2, 3), correction=0, keepdim=True)
    target_mean, target_std = (
        statistic.to(pictures)[:, None, None] for statistic in (target.mean, target.std)
    )
    gain = torch.where(std > 0, target_std / std.clamp(min=1e-6), 0)
    return ((pictures - mean) * gain + target_mean).clamp(-1, 1)
