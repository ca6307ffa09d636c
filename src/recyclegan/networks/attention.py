"""Self-attention on pooled maps, after SAGAN (Zhang et al. 2019, equations 1-3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

POOLING = 4

MOST_WEIGHTS = 2**24
"""Attention weights held at once (64 MB); up to 4,096 places all are, as in training at 256 px."""


class PooledSelfAttention(nn.Module):
    """Adds what attention over the whole map finds, times a learned gain that starts at zero.

    Query, key and value are taken from a map average-pooled 4x4, where SAGAN pools nothing, so the
    cost stays in reach at 256 pixels; the result is resized back bilinearly. (N,C,H,W) to the same.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        reduced = max(1, channels // 8)
        self.query = nn.Conv2d(channels, reduced, 1)
        self.key = nn.Conv2d(channels, reduced, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gain = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Return x + gain * attention(x)."""
        pooled = F.avg_pool2d(x, POOLING, ceil_mode=True)
        query, key, value = (
            project(pooled).flatten(2).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        found = torch.cat(
            [
                # SAGAN's softmax has no 1/sqrt(d) in it.
                F.scaled_dot_product_attention(places, key, value, scale=1.0)
                for places in query.split(max(1, MOST_WEIGHTS // query.shape[1]), dim=1)
            ],
            dim=1,
        )
        found = found.transpose(1, 2).reshape(pooled.shape)
        found = F.interpolate(found, size=x.shape[-2:], mode="bilinear", align_corners=False)
        return x + self.gain * found
