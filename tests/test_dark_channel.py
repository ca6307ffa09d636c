"""The dark-channel baseline: exact where its prior holds, and a row only where it is asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recyclegan.data.scenes.scene import View
from recyclegan.evaluation.baselines import BASELINES, DARK_CHANNEL
from recyclegan.evaluation.verdict import state_verdict
from recyclegan.metrics.dark_channel import (
    KEPT_HAZE,
    dark_channel,
    estimate_airlight,
    guided_filter,
    remove_haze,
)
from recyclegan.metrics.paired import psnr, ssim


def clear_with_sky(side=64, seed=0):
    """Colours of which one channel is black, under a white sky: the prior holds exactly."""
    rng = np.random.default_rng(seed)
    picture = torch.from_numpy(rng.random((1, 3, side, side)).astype(np.float32))
    least = picture.argmin(dim=1, keepdim=True)
    picture = picture.scatter(1, least, 0.0)
    picture[..., : side // 4, :] = 1.0
    return picture


def test_dark_channel_is_the_least_of_channels_and_patch():
    picture = torch.ones(1, 3, 9, 9)
    picture[0, 1, 4, 4] = 0.2
    dark = dark_channel(picture, patch=3)
    assert dark.shape == (1, 1, 9, 9)
    expected = torch.ones(9, 9)
    expected[3:6, 3:6] = 0.2
    torch.testing.assert_close(dark[0, 0], expected)


def test_the_airlight_is_the_colour_of_the_haziest_place_not_of_a_small_white_thing():
    picture = torch.rand(1, 3, 60, 60, generator=torch.Generator().manual_seed(0)) * 0.5
    picture[..., :20, :] = torch.tensor([0.8, 0.85, 0.9])[:, None, None]
    picture[..., 50, 50] = 1.0
    airlight = estimate_airlight(picture, dark_channel(picture))
    torch.testing.assert_close(airlight.flatten(), torch.tensor([0.8, 0.85, 0.9]))


@pytest.mark.parametrize("transmission", [0.4, 0.7])
def test_even_haze_is_removed_as_the_formula_says(transmission):
    clear, airlight = clear_with_sky(), 0.9
    hazy = clear * transmission + airlight * (1 - transmission)
    hazy[..., :16, :] = airlight
    restored = (remove_haze(hazy * 2 - 1, patch=5, refine=False) + 1) / 2
    # The transmission is 1 - omega (1 - t) where a patch sees ground only.
    estimated = 1 - (1 - KEPT_HAZE) * (1 - transmission)
    expected = ((hazy - airlight) / estimated + airlight).clamp(0, 1)
    torch.testing.assert_close(restored[..., 20:, :], expected[..., 20:, :], atol=1e-5, rtol=0)
    assert psnr(restored[..., 20:, :], clear[..., 20:, :]) > 20


def test_a_picture_without_haze_stays_as_it_is():
    clear = clear_with_sky()
    ground = clear[..., 20:, :]
    restored = (remove_haze(clear * 2 - 1, patch=5, refine=False) + 1) / 2
    torch.testing.assert_close(restored[..., 20:, :], ground, atol=1e-5, rtol=0)


def test_pictures_do_not_influence_each_other_and_mirroring_commutes():
    generator = torch.Generator().manual_seed(1)
    pictures = torch.rand(2, 3, 40, 50, generator=generator) * 2 - 1
    both = remove_haze(pictures)
    torch.testing.assert_close(both[1:], remove_haze(pictures[1:]))
    torch.testing.assert_close(both.flip(3), remove_haze(pictures.flip(3)), atol=1e-5, rtol=0)
    assert both.abs().max() <= 1


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (3, 90), (16, 16)])
def test_even_pictures_of_any_size_are_finite(value, size):
    restored = remove_haze(torch.full((1, 3, *size), value))
    assert restored.isfinite().all() and restored.abs().max() <= 1


def test_the_guided_filter_keeps_a_step_of_its_guide_and_smooths_elsewhere():
    step = torch.zeros(1, 1, 32, 32)
    step[..., 16:] = 1.0
    noise = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(2)) * 0.05
    smooth = guided_filter(step, step + noise, radius=6)
    assert (smooth - step).abs().max() < 0.05
    assert (smooth - step).std() < noise.std() / 3
    flat = torch.zeros_like(step)
    torch.testing.assert_close(guided_filter(flat, flat + 0.3, radius=6), flat + 0.3)


def test_it_brings_back_the_structure_of_rendered_streets():
    gains = []
    for index in range(6):
        view = View(0, index, 64)
        hazy, clear = (
            torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
            for picture in (view.hazy(), view.day())
        )
        gains.append(float(ssim(remove_haze(hazy), clear) - ssim(hazy, clear)))
    assert np.mean(gains) > 0.05, gains


def test_the_verdict_names_it_where_it_was_measured():
    difference = {"psnr": {"value": 2.0, "interval": [1.0, 3.0], "verdict": "better"}}
    metrics = {"psnr": {"num": 9, "num_infinite": 0}}
    three = dict.fromkeys((*BASELINES, DARK_CHANNEL), difference)
    sentence = state_verdict({"metrics": metrics, "differences": three})
    assert "closer to the truth than haze removal by the dark channel (+2.00 dB" in sentence
    assert sentence.count(", and ") == 1
    two = state_verdict({"metrics": metrics, "differences": dict.fromkeys(BASELINES, difference)})
    assert "dark channel" not in two
