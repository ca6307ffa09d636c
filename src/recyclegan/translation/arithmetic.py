"""What a translation computes in: float32, or bfloat16 where that is faster and close to it."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.atomic import sha256, write_json

Precision = Literal["auto", "fp32", "bf16"]

TOLERANCE = 2.0
"""Grey levels by which bfloat16 may differ on the probe: pictures are larger, so more than that."""

PROBE_SIDE = 128
RUNS = 3
"""Each after one that is not counted; the fastest counts."""


def in_bf16(generator: nn.Module) -> nn.Module:
    """Return a generator that computes in bfloat16 for one picture at a time, (1,3,H,W).

    The picture itself stays float32 for a head that builds on it. Memory is channels-last, for
    which a batch normalisation of one picture is the instance normalisation without a copy; it is
    for translating only and never sees a gradient.
    """
    fast = deepcopy(generator).to(torch.bfloat16)
    fast = fast.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for module in list(fast.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, _PictureNorm(child.eps))
    stem = fast.stem
    assert isinstance(stem, nn.Sequential)
    fast.stem = nn.Sequential(_Rounded(), *stem)
    return fast.eval().requires_grad_(False)


def choose(generator: nn.Module, path: Path, cache_path: Path) -> Literal["fp32", "bf16"]:
    """Return "bf16" where it is faster on this machine and within `TOLERANCE` of fp32.

    Tried on a small picture of its own, so that the choice, and with it a picture's result, does
    not depend on which pictures are translated. It is remembered in `cache_path` by machine and
    by the model's file at `path`.
    """
    key = f"{_machine()}, model {sha256(path)[:16]}"
    known = _read(cache_path)
    if known.get(key) not in ("fp32", "bf16"):
        known[key] = "bf16" if _is_better(in_bf16(generator), generator) else "fp32"
        with suppress(OSError):
            cache_path.parent.mkdir(parents=True, exist_ok=True)
            write_json(cache_path, known)
    return "bf16" if known[key] == "bf16" else "fp32"


class _Rounded(nn.Module):
    def forward(self, picture: Tensor) -> Tensor:
        return picture.to(torch.bfloat16, memory_format=torch.channels_last)


class _PictureNorm(nn.Module):
    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        assert len(x) == 1, "statistics of one picture wanted"
        return F.batch_norm(x, None, None, training=True, eps=self.eps)


def _is_better(fast: nn.Module, plain: nn.Module) -> bool:
    """Return whether a network is faster than the plain one and within the tolerance of it."""
    random = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8, generator=random) * 1.6 - 0.8
    probe = F.interpolate(coarse, (PROBE_SIDE, PROBE_SIDE), mode="bicubic")
    probe = (probe + torch.randn(probe.shape, generator=random) * 0.05).clamp(-1, 1)
    with torch.inference_mode():
        difference = (fast(probe).float() - plain(probe).float()).abs().max().item() * 127.5
        return difference <= TOLERANCE and _seconds(fast, probe) < _seconds(plain, probe)


def _seconds(network: Callable[[Tensor], Tensor], picture: Tensor) -> float:
    times = []
    for _ in range(RUNS):
        begin = perf_counter()
        network(picture)
        times.append(perf_counter() - begin)
    return min(times)


def _machine() -> str:
    capability = torch.backends.cpu.get_cpu_capability()
    threads = torch.get_num_threads()
    return f"{platform.node()}, {capability}, torch {torch.__version__}, {threads} threads"


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
