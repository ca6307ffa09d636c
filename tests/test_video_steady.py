"""Motion that is known is found, and what changes by itself is averaged along it."""

import numpy as np
import pytest
import torch

from recyclegan.translation.video_motion import carried, motion
from recyclegan.translation.video_steady import steadied
from tests.film import scene


def window(shift=(0, 0), size=(120, 160), seed=0):
    """A part of a scene (1,3,H,W) in [-1, 1]; `shift` moves it right and down."""
    wide = torch.from_numpy(scene(240, 200, seed)).float().div(127.5).sub(1).permute(2, 0, 1)
    top, left = 30 - shift[1], 30 - shift[0]
    return wide[None, :, top : top + size[0], left : left + size[1]]


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (3, -2), (-9, 6)])
def test_a_known_motion_is_found(shift):
    flow = motion(window(), window(shift))
    inner = flow[0, :, 16:-16, 16:-16].mean(dim=(1, 2))
    np.testing.assert_allclose(inner, [-shift[0], -shift[1]], atol=0.15)


def test_motion_of_a_large_picture_is_in_its_own_pixels():
    large = torch.nn.functional.interpolate(torch.cat((window(), window((2, 1)))), scale_factor=4)
    flow = motion(large[:1], large[1:])
    inner = flow[0, :, 64:-64, 64:-64].mean(dim=(1, 2))
    np.testing.assert_allclose(inner, [-8, -4], atol=0.8)


def test_what_is_carried_by_whole_pixels_is_the_same_to_rounding():
    flow = torch.zeros(1, 2, 120, 160)
    torch.testing.assert_close(carried(window(), flow), window(), atol=1e-5, rtol=0)
    flow[:, 0] = -5
    torch.testing.assert_close(
        carried(window(), flow)[..., 5:], window((5, 0))[..., 5:], atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("pan", [0, 2])
def test_noise_of_a_translation_falls_as_the_average_says(pan):
    """An average with share a of the past leaves (1 - a) / (1 + a) of the variance."""
    random, amount, state = torch.Generator().manual_seed(0), 0.6, None
    errors = []
    for number in range(24):
        source = window((pan * number - pan * 12, 0))
        noise = torch.randn(source.shape, generator=random) * 0.05
        result, state = steadied(state, source, source * 0.5 + noise, amount)
        errors.append((result - source * 0.5)[..., 20:-30, 40:-40].square().mean().item())
    left = np.mean(errors[8:]) / 0.05**2
    expected = (1 - amount) / (1 + amount)
    # Along a motion by parts of a pixel, interpolation averages neighbours too.
    assert expected * (0.95 if pan == 0 else 0.3) < left < expected * 1.1


def test_nothing_is_carried_over_a_cut():
    _, state = steadied(None, window(), window(), 0.9)
    other = window(seed=5)
    result, _ = steadied(state, other, -other, 0.9)
    assert result.equal(-other)


def test_what_appears_is_not_smeared():
    """Where the source changes on its own, the translation follows at once."""
    before, after = window().clone(), window().clone()
    after[..., 40:60, 40:60] = 1
    before[..., 40:60, 40:60] = -1
    _, state = steadied(None, before, before, 0.9)
    result, _ = steadied(state, after, after, 0.9)
    inside = result[..., 44:56, 44:56]
    torch.testing.assert_close(inside, torch.ones_like(inside), atol=0.02, rtol=0)
