"""A distance between two sets of unpaired pictures that needs no trained weights."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH_SIZE = 7
"""Pixels a side of a patch, as in Karras et al. 2018."""

COARSEST_SIDE = 16
"""The pyramid stops at the last level whose shorter side is at least this many pixels."""

_GREY_LEVEL = 2 / 255


def sliced_wasserstein(
    fakes: Tensor,
    reals: Tensor,
    *,
    seed: int = 0,
    num_patches: int = 64,
    num_directions: int = 128,
) -> float:
    """Return the sliced Wasserstein-1 distance between the patches of two sets of pictures.

    Each set is (N, 3, H, W) in [-1, 1], of any two counts and one size. Patches of 7x7 pixels are
    taken at `num_patches` places, drawn by `seed` and the same for every picture, from each level
    of a Laplacian pyramid; a level's distance is the mean over random unit directions of the
    difference between sorted projections; the result is the mean over levels. It is 0 for
    identical sets, symmetric, and blind to the order of pictures. Unit: the level's spread.

    Karras et al. 2018 (progressive growing), section 5, with two departures. The low-pass level is
    kept, so that brightness and colour count. Each set's channel means and deviations are *not*
    divided out, because they are what separates day from night: a level is divided by one number,
    the spread that the two sets share, so that fine levels, which are faint, weigh as much.

    Raises:
        ValueError: The two sets differ in picture size, or one is empty.
    """
    if fakes.shape[1:] != reals.shape[1:] or 0 in fakes.shape or 0 in reals.shape:
        raise ValueError(
            f"two sets of pictures of one size are needed, not {tuple(fakes.shape)} "
            f"and {tuple(reals.shape)}"
        )
    generator = torch.Generator().manual_seed(seed)
    distances = []
    for level_fakes, level_reals in zip(
        laplacian_pyramid(fakes), laplacian_pyramid(reals), strict=True
    ):
        rows, columns = _draw_places(level_fakes, num_patches, generator)
        patches_fakes = _cut_patches(level_fakes, rows, columns)
        patches_reals = _cut_patches(level_reals, rows, columns)
        directions = torch.randn(
            patches_fakes.shape[1], num_directions, generator=generator, dtype=torch.float64
        )
        directions = (directions / directions.norm(dim=0)).to(patches_fakes)
        distance = _wasserstein_1d(patches_fakes @ directions, patches_reals @ directions)
        distances.append(distance / _shared_spread(level_fakes, level_reals))
    return float(torch.stack(distances).mean())


def laplacian_pyramid(pictures: Tensor) -> list[Tensor]:
    """Split pictures (N, C, H, W) into band-pass levels, finest first, and a low-pass level.

    Burt and Adelson 1983. The finest levels are what a blurred half-size copy cannot show.
    """
    levels = []
    while min(pictures.shape[-2:]) >= 2 * COARSEST_SIDE:
        smaller = _blur(pictures)[..., ::2, ::2]
        enlarged = torch.zeros_like(pictures)
        enlarged[..., ::2, ::2] = 4 * smaller
        levels.append(pictures - _blur(enlarged))
        pictures = smaller
    return [*levels, pictures]


def _blur(pictures: Tensor) -> Tensor:
    """Smooth with the binomial 5x5 kernel, pictures mirrored at their borders."""
    num_channels = pictures.shape[1]
    taps = pictures.new_tensor([1, 4, 6, 4, 1]) / 16
    kernel = torch.outer(taps, taps).expand(num_channels, 1, 5, 5)
    return F.conv2d(F.pad(pictures, (2, 2, 2, 2), mode="reflect"), kernel, groups=num_channels)


def _draw_places(
    level: Tensor, num_patches: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw the top-left corners of the patches, shared by all pictures so that order is moot."""
    height, width = level.shape[-2:]
    rows, columns = (
        torch.randint(max(side - PATCH_SIZE, 0) + 1, (num_patches,), generator=generator)
        for side in (height, width)
    )
    return rows, columns


def _cut_patches(level: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Cut (N, C, H, W) into flat patches (N * places, C * patch height * patch width)."""
    height, width = (min(PATCH_SIZE, side) for side in level.shape[-2:])
    index_rows = rows[:, None, None] + torch.arange(height)[:, None]
    index_columns = columns[:, None, None] + torch.arange(width)
    patches = level[:, :, index_rows.to(level.device), index_columns.to(level.device)]
    return patches.transpose(1, 2).flatten(0, 1).flatten(1)


def _wasserstein_1d(first: Tensor, second: Tensor) -> Tensor:
    """Return the mean over columns of the distance between two samples (n, D) and (m, D).

    The two quantile functions are compared at the midpoints of max(n, m) equal steps, which for
    n = m is the exact distance: the mean gap between sorted values.
    """
    num_quantiles = max(len(first), len(second))
    midpoints = torch.arange(num_quantiles, dtype=torch.float64).add(0.5).div(num_quantiles)
    quantiles = [
        sample.sort(dim=0).values[(midpoints * len(sample)).long().to(sample.device)]
        for sample in (first, second)
    ]
    return (quantiles[0] - quantiles[1]).abs().mean()


def _shared_spread(first: Tensor, second: Tensor) -> Tensor:
    """Return the root mean of both sets' variances, at least one grey level."""
    variances = [level.var(dim=(0, 2, 3), correction=0).mean() for level in (first, second)]
    return torch.stack(variances).mean().sqrt().clamp(min=_GREY_LEVEL)
