"""Mixed precision: bf16 where the device has it, fp16 with one loss scaler on other GPUs."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch.amp import GradScaler, autocast

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """The arithmetic of the networks; losses and penalties stay in float32.

    The scaler serves all optimizers and is updated once a step: an update after each of them would
    let the discriminators' gradients set the generators' scale.
    """

    def __init__(self, choice: str, device: torch.device) -> None:
        self.name = _resolve(choice, device)
        self.device = device
        self.scaler = GradScaler(device.type, enabled=self.name == "fp16")

    def autocast(self, mixed: bool) -> AbstractContextManager[object]:
        """Return the context in which a phase runs its networks."""
        return autocast(
            self.device.type,
            dtype=DTYPES.get(self.name),
            enabled=mixed and self.name in DTYPES,
        )


def _resolve(choice: str, device: torch.device) -> str:
    assert choice != "auto", "to be chosen before"
    if choice != "amp":
        return choice
    if device.type == "cpu":
        # Without the instructions both halves are emulated, which only costs time.
        return "bf16" if torch.cpu._is_avx512_bf16_supported() else "fp32"
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16" if native else "fp16"
