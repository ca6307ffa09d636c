"""The ResNet generator of CycleGAN (Zhu et al. 2017; Johnson et al. 2016) and variations."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from recyclegan.networks.attention import PooledSelfAttention
from recyclegan.networks.convolution import MirroredConv2d
from recyclegan.networks.identity_start import IdentityStartHead
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.reinjection import Reinjection
from recyclegan.networks.resampling import UPSAMPLINGS, downsampling
from recyclegan.networks.residual import ResidualBlock
from recyclegan.networks.skips import SKIPS, NoSkip
from recyclegan.networks.tanh_head import TanhHead
from recyclegan.networks.tone import Tone


class ResNetGenerator(nn.Module):
    """Encoder, residual blocks, decoder: a picture (N,3,H,W) in [-1, 1] to another of its size.

    H and W must be multiples of `size_multiple`. With the plain arguments of the baseline it is
    c7s1-F, d2F, d4F, R x R4F, u2F, uF, c7s1-3 in the notation of the paper.
    """

    def __init__(
        self,
        features: int,
        max_features: int,
        blocks: int,
        downsamplings: int,
        downsampling_padding: Literal["reflect", "zeros"],
        antialias: bool,
        upsampling: str,
        skips: str,
        finest_skip: int,
        attention: bool,
        affine_norms: bool,
        statistics: Literal["none", "reinject"],
        head: Literal["tanh", "identity-start"],
        toned: bool,
        head_scale: int,
        colour_pace: float,
        grid: int,
        colour_matrix: bool,
        paint: bool,
    ) -> None:
        super().__init__()
        widths = [min(features * 2**level, max_features) for level in range(downsamplings + 1)]
        pairs = list(pairwise(widths))
        self.size_multiple = 2**downsamplings
        self.stem = nn.Sequential(
            MirroredConv2d(3, widths[0], 7),
            InstanceNorm(widths[0]),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            downsampling(fine, coarse, downsampling_padding, antialias) for fine, coarse in pairs
        )
        self.body = nn.Sequential(*(ResidualBlock(widths[-1]) for _ in range(blocks)))
        self.encoded_blocks = sorted({0, blocks // 2}) if blocks else []
        self.encoded_widths = (3, *widths[1:], *[widths[-1]] * len(self.encoded_blocks))
        # Those that lead to the head's resolution, coarsest first, with the scale that they leave.
        levels = range(downsamplings, head_scale.bit_length() - 1, -1)
        rising = [(widths[level], widths[level - 1], 2**level) for level in levels]
        self.skips = nn.ModuleList(
            (SKIPS[skips] if scale >= finest_skip else NoSkip)(coarse)
            for coarse, _, scale in rising
        )
        self.up = nn.ModuleList(UPSAMPLINGS[upsampling](coarse, fine) for coarse, fine, _ in rising)
        self.attention = nn.ModuleList(
            PooledSelfAttention(fine) if attention else nn.Identity() for _, fine, _ in rising
        )
        width = rising[-1][1] if rising else widths[-1]
        self.head: TanhHead | IdentityStartHead = (
            TanhHead(width)
            if head == "tanh"
            else IdentityStartHead(width, head_scale, colour_pace, grid, colour_matrix, paint)
        )
        self.tone = Tone() if toned else None
        self.statistics = Reinjection(width) if statistics == "reinject" else None
        for module in self.modules():
            if affine_norms and isinstance(module, InstanceNorm):
                module.make_affine()

    def forward(self, picture: Tensor) -> Tensor:
        """Return the translated picture, (N,3,H,W) in [-1, 1]."""
        x = self.stem(picture)
        encoded = []
        for stage in self.down:
            x = stage(x)
            encoded.append(x)
        x = self.body(x)
        for skip, up, attend in zip(self.skips, self.up, self.attention, strict=True):
            x = attend(up(skip(x, encoded.pop())))
        if self.statistics is not None:
            x = self.statistics(x, picture)
        return self.head(x, picture if self.tone is None else self.tone(picture))

    def encode(self, picture: Tensor) -> list[Tensor]:
        """Return the maps on the way in that PatchNCE compares, (N,C,h,w) of `encoded_widths`.

        The picture itself, each downsampling, the first and the middle block: the layers of Park et
        al. 2020, appendix C.1, there before a downsampling's norm.
        """
        maps = [picture]
        x = self.stem(picture)
        for stage in self.down:
            x = stage(x)
            maps.append(x)
        for number in range(max(self.encoded_blocks, default=-1) + 1):
            x = self.body[number](x)
            if number in self.encoded_blocks:
                maps.append(x)
        return maps
