"""Where networks compute."""

from __future__ import annotations

import torch

from recyclegan.errors import UserError


def find_device(name: str, flag: str) -> torch.device:
    """Return the device of a name: auto is an accelerator where there is one, else the processor.

    Raises:
        UserError: this machine has no such device; names the `flag`.
    """
    if name == "auto":
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        return accelerator or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        raise UserError(
            f"{flag} {name} is not to be had here; give auto, cpu, or a device that torch finds."
        ) from None
    return device
