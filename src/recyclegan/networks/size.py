"""How large a network is, and how much it computes."""

from __future__ import annotations

from torch import nn

from recyclegan.networks.attention import POOLING, PooledSelfAttention
from recyclegan.networks.blur import Blur
from recyclegan.networks.identity_start import IdentityStartHead
from recyclegan.networks.resnet_generator import ResNetGenerator


def num_parameters(network: nn.Module) -> int:
    """Return the number of trainable values in a network."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def num_multiply_adds(generator: ResNetGenerator, height: int, width: int) -> int:
    """Return the multiplications, each with its addition, in a pass of one picture (1,3,H,W).

    Those of convolutions and matrix products alone; what is done once a value (normalisation,
    padding, activation) is left out, as is usual. H and W are multiples of `size_multiple`; the
    network may be on the "meta" device. Nothing is computed, for torch's own counter takes a
    second to import.
    """
    stride, total = 1, _by_output(generator.stem, height * width)
    for stage in generator.down:
        stride *= 2
        total += _by_output(stage, height * width // stride**2)
    total += _by_output(generator.body, height * width // stride**2)
    for skip, up, attention in zip(generator.skips, generator.up, generator.attention, strict=True):
        total += _by_output(skip, height * width // stride**2)
        stride //= 2
        total += _by_output(up, height * width // stride**2)
        if isinstance(attention, PooledSelfAttention):
            total += _in_attention(attention, height // stride, width // stride)
    head = generator.head
    if isinstance(head, IdentityStartHead):
        fine = (head.guide if head.grid else None, head.brush)
        total += sum(_by_output(part, height * width) for part in fine if part is not None)
    if generator.statistics is not None:
        total += _by_output(generator.statistics, 1)
    return total + _by_output(head.convolution, height * width // stride**2)


def _by_output(module: nn.Module, num_pixels: int) -> int:
    """Return the multiply-adds of a module's convolutions, for maps of `num_pixels` come out."""
    total = 0
    for layer in module.modules():
        match layer:
            case nn.Conv2d() | nn.Linear():
                total += layer.weight.numel() * num_pixels
            case nn.ConvTranspose2d(stride=(stride, _)):
                total += layer.weight.numel() * num_pixels // stride**2
            case Blur():  # Before the stride.
                total += layer.kernel.numel() * num_pixels * 2**2
    return total


def _in_attention(attention: PooledSelfAttention, height: int, width: int) -> int:
    num_tokens = -(-height // POOLING) * -(-width // POOLING)
    channels_between = attention.key.out_channels + attention.value.out_channels
    return _by_output(attention, num_tokens) + num_tokens**2 * channels_between
