"""A picture's overall colour and contrast, which InstanceNorm erases, given back to the decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recyclegan.networks.halves import raised, without_autocast


class Reinjection(nn.Module):
    """Scales and shifts maps by what the picture's means and deviations say.

    They go through a perceptron to a gain and an offset for each map (feature-wise modulation;
    Perez et al. 2018, equation 2), which are close to nothing at the start. It belongs behind the
    last norm: any norm after it would erase the offset again. Computed in float32.
    """

    HIDDEN = 32
    START_STD = 1e-3
    EPSILON = 1e-5
    """Added to variances: the root has no slope at the variance of a picture of one colour."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(6, self.HIDDEN)
        self.out = nn.Linear(self.HIDDEN, 2 * channels)

    def reset_to_start(self) -> None:
        """Bring gains and offsets close to zero, yet not so that no gradient passes."""
        nn.init.normal_(self.out.weight, std=self.START_STD)
        nn.init.zeros_(self.out.bias)

    def modulation(self, picture: Tensor) -> Tensor:
        """Return gains and offsets (N,2C,1,1) for pictures (N,3,H,W) in [-1, 1]."""
        with without_autocast(picture):
            variance, mean = torch.var_mean(raised(picture), dim=(2, 3), correction=0)
            statistics = torch.cat((mean, (variance + self.EPSILON).sqrt()), dim=1)
            return self.out(torch.relu(self.hidden(statistics)))[..., None, None]

    @staticmethod
    def modulate(x: Tensor, modulation: Tensor) -> Tensor:
        """Return x (1 + gain) + offset in the precision of x (N,C,H,W)."""
        gain, offset = modulation.to(x.dtype).chunk(2, dim=1)
        return torch.addcmul(offset, x, 1 + gain)

    def forward(self, x: Tensor, picture: Tensor) -> Tensor:
        """Return the modulated maps."""
        return self.modulate(x, self.modulation(picture))
