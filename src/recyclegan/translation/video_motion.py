"""How a picture moved since the one before: optical flow, and pictures carried along it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

LONGEST = 320
"""Pixels of the longer side at which motion is sought; larger pictures are shrunk first."""

SMALLEST = 12
"""Pixels of the shorter side at the coarsest level."""

WINDOW = 7
"""Pixels a side of the neighbourhood that is taken to move as one."""

ITERATIONS = 3
STIFFNESS = 2e-3
"""Keeps still what has no texture to tell motion by."""


def motion(previous: Tensor, current: Tensor) -> Tensor:
    """Return where each pixel of a picture was in the one before, (1,2,H,W) in pixels (x, y).

    Both are (1,3,H,W) in [-1, 1]. Lucas and Kanade's method ("An iterative image registration
    technique", 1981) from coarse to fine (Bouguet 2001), with windows that are averaged boxes.
    """
    height, width = current.shape[2:]
    shrunk = min(1.0, LONGEST / max(height, width))
    pair = torch.cat((previous, current)).mean(dim=1, keepdim=True)
    if shrunk < 1:
        size = [max(1, round(side * shrunk)) for side in (height, width)]
        pair = F.interpolate(pair, size, mode="area")
    levels = [pair]
    while min(levels[-1].shape[2:]) >= 2 * SMALLEST:
        levels.append(F.avg_pool2d(levels[-1], 2))
    flow = pair.new_zeros(1, 2, *levels[-1].shape[2:])
    for level in reversed(levels):
        flow = _enlarged(flow, level.shape[2], level.shape[3])
        for _ in range(ITERATIONS):
            flow = _smooth(flow + _correction(level[:1], level[1:], flow))
    return _enlarged(flow, height, width)


def carried(picture: Tensor, flow: Tensor) -> Tensor:
    """Return a picture (1,C,H,W) as it looks after a motion (1,2,H,W); its border is extended."""
    height, width = flow.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack((x, y)).to(flow) + flow[0]
    scale = torch.tensor([2 / width, 2 / height]).to(flow).view(2, 1, 1)
    grid = (place + 0.5) * scale - 1
    return F.grid_sample(
        picture, grid.permute(1, 2, 0)[None], padding_mode="border", align_corners=False
    )


def _correction(previous: Tensor, current: Tensor, flow: Tensor) -> Tensor:
    """Return by how much a flow misses, by least squares in each window."""
    seen = carried(previous, flow)
    padded = F.pad(seen, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    miss = current - seen
    products = (across * across, across * down, down * down, across * miss, down * miss)
    xx, xy, yy, xt, yt = torch.split(_smooth(torch.cat(products, dim=1)), 1, dim=1)
    xx, yy = xx + STIFFNESS, yy + STIFFNESS
    determinant = xx * yy - xy * xy
    step = torch.cat((yy * xt - xy * yt, xx * yt - xy * xt), dim=1) / determinant
    return step.clamp(-1, 1)


def _smooth(values: Tensor) -> Tensor:
    return F.avg_pool2d(values, WINDOW, 1, WINDOW // 2, count_include_pad=False)


def _enlarged(flow: Tensor, height: int, width: int) -> Tensor:
    scale = torch.tensor([width / flow.shape[3], height / flow.shape[2]]).to(flow).view(1, 2, 1, 1)
    return F.interpolate(flow, (height, width), mode="bilinear", align_corners=False) * scale
