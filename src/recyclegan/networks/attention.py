"""Self-attention on pooled maps, after SAGAN (Zhang et al. 2019, equations 1-3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

POOLING = 4


class PooledSelfAttention(nn.Module):
    """Adds what attention over the whole map finds, times a learned gain that starts at zero.

    Query, key and value are taken from a map average-pooled 4x4, where SAGAN pools nothing, so the
    cost stays in reach at 256 pixels; the result is resized back bilinearly. (N,C,H,W) to the same.

    Where `differentiable_twice` is set, as a penalty on gradients needs it, the weights of all
    places to all are held in memory; else they are not.
    """

    def __init__(self, channels: int, convolution: type[nn.Conv2d] = nn.Conv2d) -> None:
        super().__init__()
        reduced = max(1, channels // 8)
        self.query = convolution(channels, reduced, 1)
        self.key = convolution(channels, reduced, 1)
        self.value = convolution(channels, channels, 1)
        self.gain = nn.Parameter(torch.zeros(()))
        self.differentiable_twice = False

    def forward(self, x: Tensor) -> Tensor:
        """Return x + gain * attention(x)."""
        pooled = F.avg_pool2d(x, POOLING, ceil_mode=True)
        query, key, value = (
            project(pooled).flatten(2).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        attend = attention_written_out if self.differentiable_twice else attention
        found = attend(query, key, value).transpose(1, 2).reshape(pooled.shape)
        found = F.interpolate(found, size=x.shape[-2:], mode="bilinear", align_corners=False)
        return x + self.gain * found


def make_differentiable_twice(network: nn.Module) -> None:
    """Give all attention in a network second derivatives, for the memory that they take."""
    for module in network.modules():
        if isinstance(module, PooledSelfAttention):
            module.differentiable_twice = True


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return what each place finds, (N,P,C), by torch's kernels, which hold no weights.

    Those want query and key (N,P,K) as wide as the value (N,P,C): zeros add nothing to a product.
    SAGAN's softmax has no 1/sqrt(K) in it. There is no second derivative.
    """
    missing = value.shape[-1] - key.shape[-1]
    query, key = F.pad(query, (0, missing)), F.pad(key, (0, missing))
    query, key, value = (one.unsqueeze(1) for one in (query, key, value))  # One head.
    return F.scaled_dot_product_attention(query, key, value, scale=1.0).squeeze(1)


def attention_written_out(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return the same as `attention`, differentiable any number of times."""
    return (query @ key.transpose(1, 2)).softmax(dim=-1) @ value
