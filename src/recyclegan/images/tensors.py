"""The one map between 8-bit RGB pictures and tensors in [-1, 1]."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_tensor(image: Image.Image) -> Tensor:
    """Return an RGB picture as (3,H,W) float32 in [-1, 1]: 0 becomes -1 and 255 becomes 1."""
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    return pixels.permute(2, 0, 1).contiguous().float().div_(127.5).sub_(1)


def to_image(tensor: Tensor) -> Image.Image:
    """Return (3,H,W) in [-1, 1], of any float type, as RGB: round(clamp((x + 1) / 2, 0, 1) * 255).

    The map is fixed, so two pictures differ on screen only where their values differ.
    """
    assert tensor.ndim == 3 and tensor.shape[0] == 3, f"(3,H,W) wanted, got {tuple(tensor.shape)}"
    # In place from the first copy on: of a large picture each more takes a tenth of a gigabyte.
    unit = tensor.detach().cpu().float().add(1).div_(2).clamp_(0, 1)
    pixels = unit.mul_(255).round_().to(torch.uint8).permute(1, 2, 0)
    return Image.fromarray(pixels.contiguous().numpy())
