"""The fields of the networks, their meaning and limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recyclegan.config.checked import checked
from recyclegan.config.limits import Count
from recyclegan.errors import UserError


@checked("generator.")
class GeneratorConfig:
    """The network that translates, one for each direction."""

    features: Count
    """Channels of the first convolution (F); they double at each downsampling."""
    max_features: Count
    """Most channels that any stage may have."""
    blocks: Annotated[int, Field(ge=0)]
    """Residual blocks at the lowest resolution (R)."""
    downsamplings: Literal[2, 3]
    """How often the picture is halved on the way in."""
    downsampling_padding: Literal["reflect", "zeros"]
    """Border of the convolutions that halve: mirrored, or zeros as in the public CycleGAN code."""
    antialias: bool
    """A blur before each halving, so that fine detail does not fold into coarse (Zhang 2019)."""
    upsampling: Literal["transposed", "resize"]
    """Way back up: transposed convolutions, or resize then convolve (no checkerboard)."""
    skips: Literal["none", "add", "zero-init"]
    """Encoder to decoder: none, plain addition (the study), or 1x1 projections from zero."""
    finest_skip: Literal[2, 4, 8]
    """Where skips begin: 2 has them from half the resolution down, 4 from a quarter, 8 from an
    eighth. The finer, the more of the picture passes by the network."""
    attention: bool
    """Pooled self-attention after each upsampling."""
    affine_norms: bool
    """A gain and an offset for each map after every normalisation, from 1 and 0: in tuning."""
    statistics: Literal["none", "reinject"]
    """Give the picture's overall colour and contrast, which normalisation erases, to the last maps
    as a gain and an offset (FiLM, Perez et al. 2018), or not."""
    head: Literal["tanh", "identity-start"]
    """Last layer: paint the picture, or learn a gain and an offset for each pixel from identity."""
    toned: bool
    """Identity start: begin at a colour transfer, the picture with the mean and the deviation of
    each channel moved to those of the target's training pictures, in place of the identity."""
    head_scale: Literal[1, 2, 4, 8]
    """Identity start: gain and offset are computed at 1/2, 1/4 or 1/8 of the resolution, without
    the upsamplings beyond, and enlarged."""
    colour_pace: Annotated[float, Field(gt=0, le=1)]
    """Identity start: how much of what is learned for single colours, beside what is learned for
    all alike, comes into effect. 1 is all; less keeps off patches of odd hues."""
    grid: Literal[0, 2, 4, 8, 16]
    """Identity start: brightnesses for each of which gain and offset are given, so that they follow
    the picture's edges (bilateral grid, Gharbi et al. 2017); 0 gives them once."""
    colour_matrix: bool
    """Identity start: a 3x3 matrix over colours as the gain, in place of one number a channel."""
    paint: bool
    """Identity start: paint laid over the changed picture by a mask that starts at 2 %, for what a
    change of the picture cannot make, such as lights."""

    def __post_init__(self) -> None:
        """Refuse a head that the rest leaves no place for."""
        changed = [
            f"--generator.{name.replace('_', '-')}"
            for name, plain in (
                ("toned", 0),
                ("head_scale", 1),
                ("colour_pace", 1),
                ("grid", 0),
                ("colour_matrix", 0),
                ("paint", 0),
            )
            if getattr(self, name) != plain
        ]
        if self.head == "tanh" and changed:
            raise UserError(
                f"{' and '.join(changed)}: only a head that changes the picture takes this; add "
                "--generator.head identity-start."
            )
        if self.head_scale > 2**self.downsamplings:
            raise UserError(
                f"--generator.head-scale {self.head_scale} is coarser than the network's lowest "
                f"resolution; give {2**self.downsamplings} or less."
            )


@checked("discriminator.")
class DiscriminatorConfig:
    """The PatchGAN that judges one domain."""

    features: Count
    """Channels of the first convolution."""
    strided: Literal[3, 4]
    """Convolutions of stride 2: 3 is the 70x70 PatchGAN, 4 is the study's."""
    attention: bool
    """Pooled self-attention before the last convolution."""
    norm: Literal["instance", "spectral", "none"]
    """What steadies it: InstanceNorm, which erases overall brightness; a spectral norm of every
    convolution in its place (Miyato et al. 2018); or nothing."""
    antialias: bool
    """A blur before each strided convolution but the first (Zhang 2019)."""
    scales: Literal[1, 2, 3]
    """Discriminators of this kind: the second judges the picture at half its size, the third at a
    quarter (Wang et al. 2018); the loss is their mean."""
    pooled: bool
    """Average the patches' logits before the loss, as the study did: all places then learn the
    same. For comparison alone."""
