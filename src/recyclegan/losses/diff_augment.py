"""Differentiable augmentation of what a discriminator sees (Zhao et al. 2020), geometric only.

The paper's colour changes are left out: brightness and saturation tell day from night, so changing
them would hide from the discriminator just what it should judge.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SHIFT = 1 / 8
CUTOUT = 1 / 2


def diff_augment(pictures: Tensor, random: torch.Generator) -> Tensor:
    """Shift each picture by up to an eighth and cut a square of half its side out of it.

    Pictures (N,3,H,W) in [-1, 1]; what is shifted in or cut out is mid-grey. Gradients pass.
    """
    return torch.stack([_cut_out(_shift(picture, random), random) for picture in pictures])


def _shift(picture: Tensor, random: torch.Generator) -> Tensor:
    height, width = picture.shape[-2:]
    reach_y, reach_x = round(height * SHIFT), round(width * SHIFT)
    top, left = _draw(2 * reach_y + 1, random), _draw(2 * reach_x + 1, random)
    padded = F.pad(picture, (reach_x, reach_x, reach_y, reach_y))
    return padded[:, top : top + height, left : left + width]


def _cut_out(picture: Tensor, random: torch.Generator) -> Tensor:
    height, width = picture.shape[-2:]
    side_y, side_x = round(height * CUTOUT), round(width * CUTOUT)
    # The centre falls anywhere, so that the square may hang over the border.
    top = _draw(height + 1, random) - side_y // 2
    left = _draw(width + 1, random) - side_x // 2
    mask = torch.ones_like(picture[:1])
    mask[:, max(top, 0) : max(top + side_y, 0), max(left, 0) : max(left + side_x, 0)] = 0
    return picture * mask


def _draw(limit: int, random: torch.Generator) -> int:
    return int(torch.randint(limit, (), generator=random))
