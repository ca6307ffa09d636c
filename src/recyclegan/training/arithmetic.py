"""What a training computes in: the fastest arithmetic that this machine is seen to get right."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import product
from time import perf_counter
from typing import NamedTuple

import torch
from torch import Tensor, nn

from recyclegan import ranks
from recyclegan.config import Config
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.remembered import machine, remembered
from recyclegan.training.precision import Precision
from recyclegan.user_cache import user_cache_dir
from recyclegan.variants.baseline import BASELINE

LAYOUTS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
"""How the maps of a picture lie in memory, (N,C,H,W): one after another, or pixel by pixel."""

LARGEST_ERROR = {"fp32": 1e-3, "bf16": 0.2, "fp16": 0.2}
"""Relative error of gradients that rounding explains. Some kernels are silently wrong by 0.7."""

WORTHWHILE = 1.05
"""How much faster than float32 with contiguous maps another choice has to be."""

PROBE_SIDE = 128
"""Pixels a side of what is timed on a CPU, at most: a large picture would take too long."""

RUNS = 5
"""Of which the first is not counted; the fastest of the others counts."""


class Arithmetic(NamedTuple):
    """A number format of the networks, and a memory format of their maps."""

    precision: str
    layout: str


def choose_arithmetic(config: Config, device: torch.device) -> tuple[Config, str]:
    """Return a configuration whose precision and layout say no longer "auto", and a remark on it.

    Each candidate computes the gradients of a small residual network at batch 1 and 2; one that
    is wrong beside float64 is out. The others are timed on the configuration's own generator,
    forward and backward. Timed once for each machine and generator, then remembered.
    """
    train = config.train
    if "auto" not in (train.precision, train.layout):
        return config, ""
    half = Precision("amp", device).name
    precisions = dict.fromkeys(("fp32", half)) if train.precision == "auto" else [train.precision]
    layouts = LAYOUTS if train.layout == "auto" else [train.layout]
    candidates = [Arithmetic(*pair) for pair in product(precisions, layouts)]
    side = min(config.images.size, PROBE_SIDE) if device.type == "cpu" else config.images.size
    probe = (config.optimizer.batch, 3, side, side)
    question = f"{machine(device)}, {asdict(config.generator)}, {probe}, {candidates}"
    # One decides for all processes: they have to compute alike.
    seconds = ranks.on_first(
        lambda: remembered(
            user_cache_dir() / "arithmetic.json",
            question,
            lambda: {" ".join(c): _seconds(c, config, probe, device) for c in candidates},
        )
    )
    chosen = _fastest(candidates, seconds)
    remark = _remark(chosen, candidates[0], seconds)
    return replace(config, train=replace(train, **chosen._asdict())), remark


def is_right(arithmetic: Arithmetic, device: torch.device) -> bool:
    """Tell whether gradients in an arithmetic are those of float64, at batch 1 and 2."""
    precision = Precision(arithmetic.precision, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = ResNetGenerator(**asdict(replace(BASELINE.generator, features=8, blocks=2)))
        pictures = torch.rand(2, 3, 32, 32) * 2 - 1
    exact, tried = deepcopy(network).double(), network.to(device)
    tried.to(memory_format=LAYOUTS[arithmetic.layout])  # type: ignore[call-overload]
    for batch in (1, 2):
        true = _gradient(exact, pictures[:batch].double())
        with precision.autocast(True):
            found = _gradient(tried, pictures[:batch].to(device)).cpu()
        error = (found - true).norm() / true.norm()
        if not error <= LARGEST_ERROR[arithmetic.precision]:
            return False
    return True


def _gradient(network: nn.Module, pictures: Tensor) -> Tensor:
    loss = network(pictures).square().mean()
    gradients = torch.autograd.grad(loss, [*network.parameters()])
    return torch.cat([gradient.double().flatten() for gradient in gradients])


def _seconds(
    arithmetic: Arithmetic, config: Config, probe: tuple[int, ...], device: torch.device
) -> float | None:
    """Return what forward and backward take in seconds; None where they are wrong."""
    if not is_right(arithmetic, device):
        return None
    with torch.random.fork_rng(devices=[]):
        network = ResNetGenerator(**asdict(config.generator)).to(device)
    network.to(memory_format=LAYOUTS[arithmetic.layout])  # type: ignore[call-overload]
    precision, pictures = Precision(arithmetic.precision, device), torch.zeros(probe, device=device)
    times = []
    for _ in range(RUNS):
        begin = perf_counter()
        with precision.autocast(True):
            # Read, so that a device which computes on its own is waited for.
            _gradient(network, pictures).norm().item()
        times.append(perf_counter() - begin)
    return min(times[1:])


def _fastest(candidates: list[Arithmetic], seconds: Mapping[str, float | None]) -> Arithmetic:
    """Return the fastest of the candidates that are right; the first unless much is gained."""
    times = {c: time for c in candidates if (time := seconds[" ".join(c)]) is not None}
    plain = candidates[0]
    fastest = min(times, key=lambda c: times[c], default=plain)
    gained = plain not in times or times[plain] >= WORTHWHILE * times[fastest]
    return fastest if gained else plain


def _remark(chosen: Arithmetic, plain: Arithmetic, seconds: Mapping[str, float | None]) -> str:
    wrong = [name for name, time in seconds.items() if time is None]
    before, after = seconds[" ".join(plain)], seconds[" ".join(chosen)]
    gain = f", {before / after:.1f} times as fast as {' '.join(plain)}" if before and after else ""
    remark = f"Measured on this machine: {' '.join(chosen)} maps{gain if chosen != plain else ''}"
    remark += f"; wrong gradients in {', '.join(wrong)}" if wrong else ""
    return f"{remark} (--train.precision and --train.layout choose)."
