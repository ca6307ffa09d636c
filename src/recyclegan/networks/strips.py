"""A generator on a picture of any size in little memory, strip by strip, with the same result.

InstanceNorm needs the mean and variance of a whole map, so that no tile of a picture can be
translated by itself. Here each layer before a norm is computed in strips of full width, which are
written to a temporary file while their statistics add up; what follows reads them from there,
normalised, with as many rows beyond a strip as its filters reach. Nothing is blended or estimated.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial, reduce
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.blur import Blur
from recyclegan.networks.identity_start import IdentityStartHead
from recyclegan.networks.residual import ResidualBlock
from recyclegan.networks.resnet_generator import ResNetGenerator

STRIP_VALUES = 4_000_000
"""Values of a strip (16 MB): few enough for memory, enough that overlaps cost little."""


@dataclass(frozen=True)
class Rows:
    """A map (1,C,H,W) that is had a few rows at a time; `read(top, bottom)` returns some."""

    height: int
    width: int
    read: Callable[[int, int], Tensor]


def can_be_tiled(generator: ResNetGenerator) -> bool:
    """Return whether `in_strips` takes a generator: not with attention, which sees a whole map."""
    return all(isinstance(stage, nn.Identity) for stage in generator.attention)


def in_strips(
    generator: ResNetGenerator, picture: Tensor, strip_values: int = STRIP_VALUES
) -> Tensor:
    """Return `generator(picture)`, equal to float tolerance, for (1,3,H,W) in [-1, 1].

    Maps between layers are on disk, in the folder for temporary files, in the network's precision;
    the largest has H x W x features values. Statistics are in float32 and above.

    Raises:
        OSError: there is no room for them.
    """
    height, width = picture.shape[2:]
    source = Rows(height, width, lambda top, bottom: picture[:, :, top:bottom])
    x = _through(generator.stem, source, strip_values)
    encoded = []
    for stage in generator.down:
        x = _through(stage, x, strip_values)
        encoded.append(x)
    x = _through(generator.body, x, strip_values)
    for skip, up in zip(generator.skips, generator.up, strict=True):
        x = _through(up, _local(skip, x, encoded.pop()), strip_values)
    if generator.statistics is not None:
        modulation = generator.statistics.modulation(picture)
        x = _local(partial(generator.statistics.modulate, modulation=modulation), x)
    head = generator.head
    x = _local(head.convolution, x, halo=head.convolution.kernel_size[0] // 2)
    reach = 0
    if isinstance(head, IdentityStartHead):
        reach = head.reach
        x = _local(head.enlarge, x, scale=Fraction(head.scale), halo=1 if head.scale > 1 else 0)
    if generator.tone is not None:
        change = partial(generator.tone.change, factors=generator.tone.factors(picture))
        source = _local(change, source)
    painted = _local(head.finish, x, source, halo=reach)
    result = torch.empty_like(picture)
    channels = max(head.convolution.in_channels, head.convolution.out_channels)
    for top, bottom in _strips(painted, channels, strip_values):
        result[:, :, top:bottom] = painted.read(top, bottom)
    return result


def _through(layer: nn.Module, x: Rows, strip_values: int) -> Rows:
    """Return what a layer makes of a map; only norms and residual blocks compute at once."""
    match layer:
        case nn.Sequential():
            return reduce(lambda y, part: _through(part, y, strip_values), layer, x)
        case nn.Conv2d(stride=(stride, _), padding=(padding, _)):
            # Strips start at multiples of the stride, or the filter would land between its places.
            return _local(layer, x, scale=Fraction(1, stride), halo=-(-padding // stride) * stride)
        case nn.ConvTranspose2d(stride=(stride, _)):
            return _local(layer, x, scale=Fraction(stride), halo=1)
        case nn.Upsample(scale_factor=float(factor)):
            return _local(layer, x, scale=Fraction(factor))
        case Blur():
            return _local(layer, x, halo=1)
        case nn.InstanceNorm2d():
            return _normalised(layer, x, strip_values)
        case ResidualBlock():
            changed = _local(torch.add, x, _through(layer.change, x, strip_values))
            channels = next(layer.parameters()).shape[0]
            return _stored(changed, channels, strip_values)[0]
    return _local(layer, x)


def _local(
    layer: Callable[..., Tensor], *inputs: Rows, scale: Fraction = Fraction(1), halo: int = 0
) -> Rows:
    """Return what a layer that sees `halo` rows to each side makes of maps, once it is read.

    A strip is read with its halo, and what the layer makes of the halo is cut off: padding at a
    strip's edge goes with it, and at the picture's edge, where nothing is cut, it is the layer's.
    """
    height, width = inputs[0].height, inputs[0].width

    def read(top: int, bottom: int) -> Tensor:
        start = max(0, int(top // scale) - halo)
        stop = min(height, int(-(-bottom // scale)) + halo)
        made = layer(*(rows.read(start, stop) for rows in inputs))
        first = int(start * scale)
        return made[:, :, top - first : bottom - first]

    return Rows(int(height * scale), int(width * scale), read)


def _normalised(norm: nn.InstanceNorm2d, x: Rows, strip_values: int) -> Rows:
    stored, mean, variance = _stored(x, norm.num_features, strip_values)
    affine = norm.weight, norm.bias
    return _local(lambda strip: F.batch_norm(strip, mean, variance, *affine, eps=norm.eps), stored)


def _stored(x: Rows, channels: int, strip_values: int) -> tuple[Rows, Tensor, Tensor]:
    """Compute a map into a temporary file; return it with mean and variance by channel.

    The statistics of strips are put together exactly (Chan et al. 1983), in double precision.
    """
    # Closed, and with that gone, when the last map that reads it is.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    counts, means, variances = [], [], []
    dtype = torch.float32
    for top, bottom in _strips(x, channels, strip_values):
        # Channels last: any rows lie together, and convolutions take them as they come.
        values = x.read(top, bottom)[0].permute(1, 2, 0).contiguous()
        dtype = values.dtype
        variance, mean = torch.var_mean(values.float(), dim=(0, 1), correction=0)
        counts.append((bottom - top) / x.height)
        means.append(mean.double())
        variances.append(variance.double())
        values.view(torch.uint8).numpy().tofile(file)
    num_bytes = dtype.itemsize * channels * x.width

    def read(top: int, bottom: int) -> Tensor:
        file.seek(num_bytes * top)
        values = torch.from_numpy(np.fromfile(file, np.uint8, num_bytes * (bottom - top)))
        return values.view(dtype).view(1, bottom - top, x.width, channels).permute(0, 3, 1, 2)

    shares = torch.tensor(counts, dtype=torch.float64).view(-1, 1)
    mean = (shares * torch.stack(means)).sum(0)
    spread = torch.stack(variances) + (torch.stack(means) - mean) ** 2
    return Rows(x.height, x.width, read), mean.float(), (shares * spread).sum(0).float()


def _strips(x: Rows, channels: int, strip_values: int) -> Iterator[tuple[int, int]]:
    """Yield first row and end of each strip of a map."""
    step = max(1, strip_values // (channels * x.width))
    return pairwise([*range(0, x.height, step), x.height])
