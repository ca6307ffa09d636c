"""The head that changes a picture instead of painting it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.bilateral_grid import Guide, read_at
from recyclegan.networks.brush import Brush
from recyclegan.networks.convolution import FewChannelsConv2d, MirroredConv2d
from recyclegan.networks.halves import raised


class IdentityStartHead(nn.Module):
    """Changes the picture: a gain g and an offset b for every pixel and channel.

    The output is tanh(atanh(0.98 x)(1 + g) + b). With g and b near zero, as at the start, it is the
    input at 98 % of its contrast, so training spends nothing on learning to copy.

    Args:
        channels: of the features.
        scale: how many times smaller a side of the features is than the picture's; gain and offset
            are then enlarged linearly.
        colour_pace: share of what single channels get beside their mean that comes into effect. As
            Adam takes steps of one length in all weights, colours then change so much slower than
            brightness.
        grid: levels of brightness for each of which gain and offset are given, so that they follow
            the picture's edges (Gharbi et al. 2017); 0 gives them once.
        colour_matrix: whether the gain is a 3x3 matrix over channels.
        paint: whether a `Brush` paints over the changed picture.
    """

    CONTRAST = 0.98
    START_STD = 3e-4

    def __init__(
        self,
        channels: int,
        scale: int = 1,
        colour_pace: float = 1.0,
        grid: int = 0,
        colour_matrix: bool = False,
        paint: bool = False,
    ) -> None:
        super().__init__()
        self.scale, self.colour_pace, self.grid = scale, colour_pace, grid
        self.num_gains = 9 if colour_matrix else 3
        self.num_changes = (self.num_gains + 3) * max(grid, 1)
        channels_out = self.num_changes + Brush.CONTEXT * paint
        # At a lower resolution a small kernel sees as far.
        kernel_size = 7 if scale == 1 and not grid else 3
        few = channels_out < FewChannelsConv2d.MANY
        convolution = FewChannelsConv2d if few else MirroredConv2d
        self.convolution = convolution(channels, channels_out, kernel_size)
        if grid:
            self.guide = Guide()
        self.brush = Brush() if paint else None
        self.reach = Brush.REACH if paint else 0

    def reset_to_start(self) -> None:
        """Bring gain and offset close to zero, yet not so that no gradient passes."""
        bias = self.convolution.bias
        assert bias is not None
        nn.init.normal_(self.convolution.weight, std=self.START_STD)
        nn.init.zeros_(bias)

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        """Return a picture (N,3,H,W) in [-1, 1] from features (N,C,H/scale,W/scale) and the input.

        The three methods that it calls can also be given a few rows at a time.
        """
        return self.finish(self.enlarge(self.convolution(features)), picture)

    def enlarge(self, values: Tensor) -> Tensor:
        """Return what the convolution made at the picture's size, in float32."""
        values = raised(values)
        if self.scale == 1:
            return values
        return F.interpolate(values, scale_factor=self.scale, mode="bilinear", align_corners=False)

    def finish(self, values: Tensor, picture: Tensor) -> Tensor:
        """Return the changed picture from values of its size."""
        picture = raised(picture)
        changes = values[:, : self.num_changes]
        if self.grid:
            changes = read_at(changes, self.guide(picture), self.grid)
        gain, offset = torch.split(changes, [self.num_gains, 3], dim=1)
        logit = torch.atanh(self.CONTRAST * picture)
        if self.num_gains == 3:
            changed = torch.tanh(logit * (1 + self._paced(gain)) + self._paced(offset))
        else:
            mixed = (gain.view(-1, 3, 3, *gain.shape[2:]) * logit.unsqueeze(1)).sum(dim=2)
            changed = torch.tanh(logit + mixed + self._paced(offset))
        if self.brush is None:
            return changed
        return self.brush(changed, picture, values[:, self.num_changes :])

    def _paced(self, change: Tensor) -> Tensor:
        """Return a change (N,3,H,W) with the channels closer to their mean."""
        if self.colour_pace == 1:
            return change
        return torch.lerp(change.mean(dim=1, keepdim=True), change, self.colour_pace)
