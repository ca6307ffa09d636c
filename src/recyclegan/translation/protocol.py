"""What a translator of pictures has to offer to folders, records and costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image

from recyclegan.errors import RunFailed
from recyclegan.translation.arithmetic import Precision


class TooLarge(RunFailed):
    """A picture that would take more memory than this machine has."""


class Translator(Protocol):
    """A model in one direction, as a function from picture to picture of the same size.

    `source` and `target` name the two kinds of pictures, `made_with` what else than model, step and
    direction tells its results from others.
    """

    path: Path
    variant: str
    step: int | None
    direction: str
    source: str
    target: str
    precision: Precision
    device: torch.device
    made_with: Mapping[str, str]

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return the translation of a picture, RGB and of the same size.

        Raises:
            TooLarge: it would not fit into memory; nothing was computed.
        """

    def num_bytes(self, size: tuple[int, int]) -> float:
        """Return what the maps of a picture of (width, height) take at once."""

    def cost(self, size: tuple[int, int]) -> Mapping[str, int]:
        """Return parameters and multiply-adds for a picture of (width, height)."""
