"""Where a training computes."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta

import torch

from recyclegan import ranks
from recyclegan.config import Config, TrainConfig
from recyclegan.device import find_device
from recyclegan.errors import UserError
from recyclegan.memory import keep_memory

TIMEOUT = timedelta(minutes=30)
"""Longest wait of a process for another, which may be evaluating or saving for all."""


def choose_device(config: Config) -> torch.device:
    """Return the device that a configuration asks for, and set the number of CPU threads.

    Under torchrun each process of a machine gets a GPU of its own, or all share the processor.

    Raises:
        UserError: this machine has no such device or not one for each process, or nothing to
            compile for it with.
    """
    train = config.train
    if train.threads:
        torch.set_num_threads(train.threads)
    keep_memory()
    device = _own_device(train)
    if train.compile:
        _check_compiling(config, device)
    return device


def _own_device(train: TrainConfig) -> torch.device:
    device = find_device(train.device, "--train.device")
    if ranks.world_size() == 1:
        return device
    if device.type not in ("cpu", "cuda") or device.index is not None:
        raise UserError(
            f"--train.device {train.device} is one device, and torchrun started "
            f"{ranks.world_size()} processes: give cpu or cuda."
        )
    return ranks.join(device.type, TIMEOUT)


def _check_compiling(config: Config, device: torch.device) -> None:
    for name in ("path_length", "gradient_penalty"):
        if getattr(config.losses, name):
            raise UserError(
                "--train.compile has no second derivatives, which "
                f"--losses.{name.replace('_', '-')} needs; leave one of them out."
            )
    compiler = os.environ.get("CXX") or "g++"
    if device.type == "cpu" and not shutil.which(compiler):
        raise UserError(
            f"--train.compile needs a C++ compiler, and there is no {compiler}; install g++, name "
            "another in CXX, or leave the flag out."
        )
