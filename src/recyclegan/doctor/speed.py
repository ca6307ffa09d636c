"""How fast this machine trains, from a few real steps on noise."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import torch

from recyclegan.doctor.machine import num_cores
from recyclegan.training.arithmetic import choose_arithmetic
from recyclegan.training.device import choose_device
from recyclegan.training.state import initial_state
from recyclegan.training.step import train_step
from recyclegan.translators.phase import Pictures
from recyclegan.variants.recyclegan import RECYCLEGAN

SIZE = 64
WARM_UP = 3
SECONDS = 2.0
MOST_STEPS = 200


@dataclass(frozen=True)
class Speed:
    """What a step of `recyclegan` takes at `SIZE` pixels, with the arithmetic that was chosen."""

    seconds_a_step: float
    device: str
    arithmetic: str
    busy: float | None
    """Programs that wanted a core at once, where they were more than there are cores."""


def measure_speed() -> Speed:
    """Train for `SECONDS` on noise and return the median step."""
    config = replace(RECYCLEGAN, images=replace(RECYCLEGAN.images, size=SIZE))
    device = choose_device(config)
    config, _ = choose_arithmetic(config, device)
    state = initial_state(config, device)
    shape = (config.optimizer.batch, 3, SIZE, SIZE)
    random = torch.Generator().manual_seed(0)
    a, b = ((torch.rand(shape, generator=random) * 2 - 1).to(device) for _ in "ab")
    times: list[float] = []
    while len(times) < WARM_UP + 2 or (sum(times) < SECONDS and len(times) < MOST_STEPS):
        begin = perf_counter()
        train_step(state, [Pictures(a, b)], step=len(times), progress=0.0, clip=0.0)
        times.append(perf_counter() - begin)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return Speed(
        median(times[WARM_UP:]),
        str(device),
        f"{config.train.precision} {config.train.layout}",
        load if load > num_cores() else None,
    )
