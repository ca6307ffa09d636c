"""Where a training computes."""

from __future__ import annotations

import os
import shutil

import torch

from recyclegan.config import Config, TrainConfig
from recyclegan.errors import UserError
from recyclegan.memory import keep_memory


def choose_device(config: Config) -> torch.device:
    """Return the device that a configuration asks for, and set the number of CPU threads.

    Raises:
        UserError: this machine has no such device, or nothing to compile for it with.
    """
    train = config.train
    if train.threads:
        torch.set_num_threads(train.threads)
    keep_memory()
    device = _device(train)
    if train.compile:
        _check_compiling(config, device)
    return device


def _device(train: TrainConfig) -> torch.device:
    if train.device == "auto":
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        return accelerator or torch.device("cpu")
    try:
        device = torch.device(train.device)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        raise UserError(
            f"--train.device {train.device} is not to be had here; give auto, cpu, or a device "
            "that torch finds."
        ) from None
    return device


def _check_compiling(config: Config, device: torch.device) -> None:
    if config.losses.path_length:
        raise UserError(
            "--train.compile has no second derivatives, which --losses.path-length needs; leave "
            "one of them out."
        )
    compiler = os.environ.get("CXX") or "g++"
    if device.type == "cpu" and not shutil.which(compiler):
        raise UserError(
            f"--train.compile needs a C++ compiler, and there is no {compiler}; install g++, name "
            "another in CXX, or leave the flag out."
        )
