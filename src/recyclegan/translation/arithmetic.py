"""What a translation computes in: float32, or bfloat16 where that is faster and close to it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.atomic import sha256
from recyclegan.networks.bilateral_grid import Guide
from recyclegan.networks.reinjection import Reinjection
from recyclegan.networks.residual import ResidualBlock
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.remembered import machine, remembered

Precision = Literal["bf16", "mixed", "fp32"]
"""bfloat16 everywhere, in the convolutions of residual blocks alone, or nowhere."""

PRECISIONS: tuple[Precision, ...] = ("bf16", "mixed", "fp32")
"""The first that is close and faster than the last is chosen."""

TOLERANCE = 2.0
"""Grey levels by which a precision may differ on the probe: pictures are larger, so more there."""

CPU = torch.device("cpu")

PROBE_SIDE = 128
RUNS = 3
"""Each after one that is not counted; the fastest counts."""


def for_pictures(generator: ResNetGenerator, precision: Precision) -> ResNetGenerator:
    """Return a generator that computes the same for one picture at a time, (1,3,H,W), and faster.

    Memory is channels-last, for which a batch normalisation of one picture is the instance
    normalisation without a copy; it never sees a gradient. The picture itself stays float32 for a
    head that builds on it. Mixed, also the sum that runs through the residual blocks does: most of
    the error of bfloat16 comes in there and at full resolution, most of the work is neither.
    """
    fast = deepcopy(generator).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for module in list(fast.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, _PictureNorm(child))
    entry = torch.float32
    if precision == "bf16":
        fast, entry = fast.to(torch.bfloat16), torch.bfloat16
    elif precision == "mixed":
        for block in fast.body:
            assert isinstance(block, ResidualBlock)
            *layers, norm = block.change.to(torch.bfloat16)
            block.change = nn.Sequential(_Cast(torch.bfloat16), *layers, _Cast(torch.float32), norm)
    for module in fast.modules():
        if isinstance(module, (_PictureNorm, Guide, Reinjection)):
            module.float()  # What works on statistics, or on the picture itself.
    fast.stem = nn.Sequential(_Cast(entry), *fast.stem)
    return fast.eval().requires_grad_(False)


def choose(
    generator: ResNetGenerator, path: Path, cache_path: Path, device: torch.device = CPU
) -> Precision:
    """Return the first of `PRECISIONS` faster than fp32 on a device and within `TOLERANCE`.

    Tried on a small picture of its own, so that the choice, and with it a picture's result, does
    not depend on which pictures are translated. It is remembered in `cache_path` by machine and
    by the model's file at `path`.
    """
    question = f"{machine(device)}, model {sha256(path)[:16]}"
    chosen = remembered(cache_path, question, lambda: _measured(generator, device))
    return chosen if chosen in PRECISIONS else _measured(generator, device)


class _Cast(nn.Module):
    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return x.to(self.dtype, memory_format=torch.channels_last)


class _PictureNorm(nn.InstanceNorm2d):
    def __init__(self, norm: nn.InstanceNorm2d) -> None:
        super().__init__(norm.num_features, norm.eps)
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, input: Tensor) -> Tensor:
        assert len(input) == 1, "statistics of one picture wanted"
        return F.batch_norm(input, None, None, self.weight, self.bias, training=True, eps=self.eps)


def _measured(generator: ResNetGenerator, device: torch.device) -> Precision:
    """Return what `choose` does, by computing a probe."""
    random = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8, generator=random) * 1.6 - 0.8
    probe = F.interpolate(coarse, (PROBE_SIDE, PROBE_SIDE), mode="bicubic")
    probe = (probe + torch.randn(probe.shape, generator=random) * 0.05).clamp(-1, 1).to(device)
    *lower, plain = PRECISIONS
    with torch.inference_mode():
        network = for_pictures(generator, plain).to(device)
        wanted, seconds = network(probe), _seconds(network, probe)
        for precision in lower:
            network = for_pictures(generator, precision).to(device)
            difference = (network(probe).float() - wanted).abs().max().item() * 127.5
            if difference <= TOLERANCE and _seconds(network, probe) < seconds:
                return precision
    return plain


def _seconds(network: Callable[[Tensor], Tensor], picture: Tensor) -> float:
    times = []
    for _ in range(RUNS):
        begin = perf_counter()
        network(picture).sum().item()  # Read, so that a GPU is waited for.
        times.append(perf_counter() - begin)
    return min(times)
