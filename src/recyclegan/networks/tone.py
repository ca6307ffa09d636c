"""A picture in the typical colours of the domain that it goes to, for a generator to start from."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from recyclegan.networks.halves import raised, without_autocast


class Tone(nn.Module):
    """Moves each channel's mean and deviation to those that are typical of the target domain.

    That is the colour transfer of Reinhard et al. 2001, equations 10 and 11, with values beyond
    the range cut off and contrast raised no further than `MOST_GAIN`. It learns nothing: `fit`
    measures the target, and before that it leaves a picture as it is. Takes (N,3,H,W) in [-1, 1]
    and returns the same, in float32.
    """

    LEAST_STD = 1e-3
    """Below this a picture is of one colour and has no contrast to adapt."""
    MOST_GAIN = 1.5
    """A dark picture has little but noise to bring to a bright one's contrast."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("target", torch.zeros(2, 3))
        self.target: Tensor
        """Mean and deviation of each channel; zeros: not measured."""

    @torch.no_grad()
    def fit(self, pictures: Iterable[Tensor]) -> None:
        """Measure the target domain: the mean over pictures (3,H,W) of their own statistics."""
        measured = torch.stack([self._statistics(picture[None].double()) for picture in pictures])
        self.target.copy_(measured.mean(dim=0)[0])

    def factors(self, picture: Tensor) -> Tensor:
        """Return what `change` needs of a whole picture: gains and offsets, (N,2,3)."""
        mean, std = self._statistics(raised(picture)).unbind(dim=1)
        target_mean, target_std = self.target.to(std.dtype)
        # No branch: on a GPU it would wait, and an exported network would keep one side of it.
        measured = target_std > 0
        gain = torch.where(measured, (target_std / std).clamp(max=self.MOST_GAIN), 1)
        return torch.stack((gain, torch.where(measured, target_mean - gain * mean, 0)), dim=1)

    def change(self, picture: Tensor, factors: Tensor) -> Tensor:
        """Return the picture, or rows of it, in the target's colours."""
        gain, offset = factors[..., None, None].unbind(dim=1)
        return (raised(picture) * gain + offset).clamp(-1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the picture in the target's colours."""
        with without_autocast(picture):
            return self.change(picture, self.factors(picture))

    def _statistics(self, picture: Tensor) -> Tensor:
        """Return means and deviations (N,2,3)."""
        variance, mean = torch.var_mean(picture, dim=(2, 3), correction=0)
        return torch.stack((mean, (variance + self.LEAST_STD**2).sqrt()), dim=1)
