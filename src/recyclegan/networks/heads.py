"""Last layers of a generator: from features and the input picture to the output picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recyclegan.networks.convolution import FewChannelsConv2d


class TanhHead(nn.Module):
    """Paints the picture: a 7x7 convolution to RGB, then tanh (Zhu et al. 2017)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = FewChannelsConv2d(channels, 3, 7)

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        """Return a picture (N,3,H,W) in [-1, 1] from features (N,C,H,W)."""
        return torch.tanh(self.convolution(features))


class IdentityStartHead(nn.Module):
    """Changes the picture: a gain g and an offset b for every pixel and channel.

    The output is tanh(atanh(0.98 x)(1 + g) + b). With g and b near zero, as at the start, it is the
    input at 98 % of its contrast, so training spends nothing on learning to copy.
    """

    CONTRAST = 0.98
    START_STD = 3e-4

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = FewChannelsConv2d(channels, 6, 7)

    def reset_to_start(self) -> None:
        """Bring gain and offset close to zero, yet not so that no gradient passes."""
        nn.init.normal_(self.convolution.weight, std=self.START_STD)
        nn.init.zeros_(self.convolution.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        """Return a picture (N,3,H,W) in [-1, 1] from features (N,C,H,W) and the input picture."""
        gain, offset = self.convolution(features).float().chunk(2, dim=1)
        logit = torch.atanh(self.CONTRAST * picture.float())
        return torch.tanh(logit * (1 + gain) + offset)


HEADS = {"tanh": TanhHead, "identity-start": IdentityStartHead}
