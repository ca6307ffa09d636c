"""Where a training computes."""

from __future__ import annotations

import torch

from recyclegan.config import TrainConfig
from recyclegan.errors import UserError


def choose_device(train: TrainConfig) -> torch.device:
    """Return the device that a configuration asks for, and set the number of CPU threads.

    Raises:
        UserError: this machine has no such device.
    """
    if train.threads:
        torch.set_num_threads(train.threads)
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
