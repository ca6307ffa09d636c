"""Half precision is for convolutions; what bends or sums up is computed in float32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def raised(x: Tensor) -> Tensor:
    """Return values in float32 where they are of half precision, else as they are."""
    return x.float() if x.dtype.itemsize == 2 else x


def without_autocast(x: Tensor) -> AbstractContextManager[object]:
    """Return a context in which what is done with x keeps its precision."""
    kind = x.device.type
    # The device "meta", on which shapes alone are computed, has no autocast.
    known = torch.amp.is_autocast_available(kind)
    return torch.autocast(kind, enabled=False) if known else nullcontext()
