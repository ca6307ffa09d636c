"""Connections from an encoder stage to the decoder input of the same size."""

from __future__ import annotations

from torch import Tensor, nn


class NoSkip(nn.Module):
    """Leaves the encoder's map out, as CycleGAN does."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, decoder: Tensor, encoder: Tensor) -> Tensor:
        """Return the decoder's map (N,C,H,W)."""
        return decoder


class AddSkip(nn.Module):
    """Adds the encoder's map as it is: the study's skip, at full strength from the first step."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, decoder: Tensor, encoder: Tensor) -> Tensor:
        """Return the sum of two maps (N,C,H,W)."""
        return decoder + encoder


class ZeroInitSkip(nn.Module):
    """Adds a 1x1 projection of the encoder's map that starts at zero.

    The decoder first learns without it and lets pixels through only where that helps. The same
    idea, with 1e-5 in place of 0: CycleGAN-turbo (Parmar et al. 2024, section 3.2).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(channels, channels, 1, bias=False)

    def reset_to_start(self) -> None:
        """Set the projection to zero."""
        nn.init.zeros_(self.projection.weight)

    def forward(self, decoder: Tensor, encoder: Tensor) -> Tensor:
        """Return decoder + projection(encoder), all of them (N,C,H,W)."""
        return decoder + self.projection(encoder)


SKIPS = {"none": NoSkip, "add": AddSkip, "zero-init": ZeroInitSkip}
