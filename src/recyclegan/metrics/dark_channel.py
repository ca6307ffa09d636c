"""The dark-channel prior: haze removed with nothing learnt."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

PATCH = 15
"""Side of the patches in px (He et al. 2009, section 4)."""
KEPT_HAZE = 0.05
"""Part of the haze that stays, so that distance can still be seen: 1 - omega."""
MIN_TRANSMISSION = 0.1
BRIGHTEST = 0.001
"""Part of the pixels, by dark channel, among which the airlight is looked for."""
EPSILON = 1e-3
"""Regularisation of the guided filter, on values in [0, 1]."""


def remove_haze(pictures: Tensor, *, patch: int = PATCH, refine: bool = True) -> Tensor:
    """Return pictures without the haze that their dark channel tells of, clamped to [-1, 1].

    Pictures are (N, 3, H, W) in [-1, 1], and so is the result. `patch` is odd, in px; `refine`
    fits the transmission to the picture's edges within four patches. He et al. 2009, eq. 12 to 16,
    with the guided filter of He et al. 2010 in place of matting.
    """
    hazy = (pictures + 1) / 2
    airlight = estimate_airlight(hazy, dark_channel(hazy, patch))
    rough = 1 - (1 - KEPT_HAZE) * dark_channel(hazy / airlight.clamp(min=1e-3), patch)
    guide = hazy.mean(dim=1, keepdim=True)
    transmission = guided_filter(guide, rough, radius=4 * patch) if refine else rough
    clear = (hazy - airlight) / transmission.clamp(MIN_TRANSMISSION, 1) + airlight
    return clear.clamp(0, 1) * 2 - 1


def dark_channel(pictures: Tensor, patch: int = PATCH) -> Tensor:
    """Return the least value of any channel within a patch, (N, 1, H, W), of (N, 3, H, W)."""
    least = pictures.amin(dim=1, keepdim=True)
    return -functional.max_pool2d(-least, patch, stride=1, padding=patch // 2)


def estimate_airlight(pictures: Tensor, dark: Tensor) -> Tensor:
    """Return the colour of the brightest of those pixels whose dark channel is highest.

    Pictures are (N, 3, H, W) in [0, 1], their dark channel (N, 1, H, W); the colour (N, 3, 1, 1).
    """
    num = max(1, int(BRIGHTEST * dark[0].numel()))
    pixels, candidates = pictures.flatten(2), dark.flatten(1).topk(num, dim=1).indices
    brightness = pixels.mean(dim=1).gather(1, candidates)
    brightest = candidates.gather(1, brightness.argmax(dim=1, keepdim=True))
    return pixels.gather(2, brightest[:, None].expand(-1, 3, -1))[..., None]


def guided_filter(guide: Tensor, values: Tensor, *, radius: int) -> Tensor:
    """Return `values` smoothed where the guide is smooth and stepped where it steps.

    Both are (N, 1, H, W), the guide in [0, 1]. He et al. 2010, eq. 5, 6 and 8.
    """
    # In float64: the covariance is a small difference of large means.
    guide, wanted = guide.double(), values.double()
    mean_guide, mean_wanted = _box(guide, radius), _box(wanted, radius)
    variance = (_box(guide * guide, radius) - mean_guide**2).clamp(min=0)
    covariance = _box(guide * wanted, radius) - mean_guide * mean_wanted
    slope = covariance / (variance + EPSILON)
    offset = mean_wanted - slope * mean_guide
    return (_box(slope, radius) * guide + _box(offset, radius)).to(values)


def _box(values: Tensor, radius: int) -> Tensor:
    """Return the mean of the part of each window that is inside the picture."""
    for kernel, padding in (((2 * radius + 1, 1), (radius, 0)), ((1, 2 * radius + 1), (0, radius))):
        values = functional.avg_pool2d(
            values, kernel, stride=1, padding=padding, count_include_pad=False
        )
    return values
