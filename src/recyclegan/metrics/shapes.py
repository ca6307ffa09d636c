"""The one check of pictures that are measured against others."""

from __future__ import annotations

from torch import Tensor


def require_same_shape(pictures: Tensor, others: Tensor) -> None:
    """Refuse what broadcasting would silently accept: both must be (N,3,H,W) alike.

    Raises:
        ValueError: They are not.
    """
    if pictures.shape != others.shape or pictures.ndim != 4:
        raise ValueError(
            f"pictures must be (N, 3, H, W) alike, not {tuple(pictures.shape)} and "
            f"{tuple(others.shape)}"
        )
