"""Paired metrics, the patch distance and colour transfer against closed forms and plain numpy."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recyclegan.errors import UserError
from recyclegan.metrics.colour_transfer import (
    ColourStatistics,
    colour_statistics,
    colour_transfer,
)
from recyclegan.metrics.paired import psnr, ssim
from recyclegan.metrics.patches import laplacian_pyramid, sliced_wasserstein


def pictures(num=4, size=32, seed=0, dtype=torch.float64, width=None):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(num, 3, 5, 5, generator=generator, dtype=dtype) * 1.6 - 0.8
    smooth = torch.nn.functional.interpolate(coarse, (size, width or size), mode="bilinear")
    noise = torch.rand(smooth.shape, generator=generator, dtype=dtype) * 0.4 - 0.2
    return smooth + noise


def numpy_ssim(first, second):
    """SSIM in float64, window by window, straight from Wang et al. 2004."""
    offsets = np.arange(11) - 5
    taps = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    values = []
    for x, y in zip(first, second, strict=True):
        for row in range(x.shape[0] - 10):
            for column in range(x.shape[1] - 10):
                a, b = (p[row : row + 11, column : column + 11] for p in (x, y))
                mean_a, mean_b = (window * a).sum(), (window * b).sum()
                var_a, var_b = (
                    (window * (a - mean_a) ** 2).sum(),
                    (window * (b - mean_b) ** 2).sum(),
                )
                cov = (window * (a - mean_a) * (b - mean_b)).sum()
                luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
                values.append(luminance * (2 * cov + c2) / (var_a + var_b + c2))
    return float(np.mean(values))


def test_psnr_equals_its_definition_in_grey_levels():
    first, second = pictures(seed=1), pictures(seed=2)
    error = ((first - second).numpy() * 255 / 2) ** 2
    expected = 10 * np.log10(255**2 / error.mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(psnr(first, second).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("shift", [0.01, 0.2, 1.0])
def test_psnr_of_a_constant_shift_is_known(shift):
    black = torch.full((2, 3, 8, 8), -1.0)
    expected = 20 * math.log10(2 / shift)
    assert psnr(black, black + shift).tolist() == pytest.approx([expected] * 2, rel=1e-5)


def test_psnr_of_identical_pictures_is_infinite_and_leaves_its_neighbours_alone():
    first = pictures(num=2)
    second = first.clone()
    second[1] += 0.1
    values = psnr(first, second)
    assert torch.isinf(values[0])
    assert values[1] == pytest.approx(20 * math.log10(20), rel=1e-6)


def test_ssim_equals_a_plain_numpy_reference():
    first, second = pictures(num=2, size=15, width=19), pictures(num=2, size=15, width=19, seed=3)
    mixed = 0.7 * first + 0.3 * second
    expected = [numpy_ssim(a, b) for a, b in zip(mixed.numpy(), second.numpy(), strict=True)]
    np.testing.assert_allclose(ssim(mixed, second).numpy(), expected, rtol=1e-9)


def test_ssim_of_constant_pictures_is_its_luminance_term():
    x, y = 0.5, 0.25
    first, second = torch.full((1, 3, 16, 16), x), torch.full((1, 3, 16, 16), y)
    expected = (2 * x * y + 0.0004) / (x**2 + y**2 + 0.0004)
    assert float(ssim(first, second)) == pytest.approx(expected, rel=1e-4)


def test_ssim_is_one_for_equal_pictures_down_to_11_px_and_refuses_less():
    for size in (11, 12, 64):
        assert float(ssim(pictures(1, size), pictures(1, size))) == pytest.approx(1, abs=1e-9)
    with pytest.raises(UserError, match="11 px"):
        ssim(pictures(1, 10, width=40), pictures(1, 10, width=40))


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_paired_metrics_do_not_depend_on_batch_or_order(metric):
    first, second = pictures(seed=4), pictures(seed=5)
    together = metric(first, second)
    alone = torch.cat([metric(first[i : i + 1], second[i : i + 1]) for i in range(4)])
    reversed_order = metric(first.flip(0), second.flip(0)).flip(0)
    assert together.shape == (4,)
    torch.testing.assert_close(alone, together, rtol=1e-12, atol=0)
    torch.testing.assert_close(reversed_order, together, rtol=1e-12, atol=0)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_paired_metrics_have_right_gradients_and_refuse_broadcasting(metric):
    first = pictures(1, 12, seed=6).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: metric(x, pictures(1, 12, seed=7)), first)
    with pytest.raises(ValueError, match="alike"):
        metric(pictures(4), pictures(1))


def test_pyramid_adds_up_to_the_picture_again():
    original = pictures(2, 64, width=50)
    levels = laplacian_pyramid(original)
    assert [tuple(level.shape[-2:]) for level in levels] == [(64, 50), (32, 25)]
    constant = laplacian_pyramid(torch.full((1, 3, 128, 96), 0.3, dtype=torch.float64))
    assert [tuple(level.shape[-2:]) for level in constant] == [(128, 96), (64, 48), (32, 24)]
    for band in constant[:-1]:
        torch.testing.assert_close(band, torch.zeros_like(band), atol=1e-12, rtol=0)
    torch.testing.assert_close(constant[-1], torch.full_like(constant[-1], 0.3))


def test_patch_distance_is_zero_for_the_same_set_in_any_order_and_number():
    reals = pictures(6, 48)
    assert sliced_wasserstein(reals, reals) == 0
    assert sliced_wasserstein(reals[torch.tensor([3, 1, 5, 0, 2, 4])], reals) < 1e-12
    assert sliced_wasserstein(reals.repeat(2, 1, 1, 1), reals) < 1e-12


def test_patch_distance_is_symmetric_and_set_by_its_seed_alone():
    fakes, reals = pictures(5, 40, seed=1), pictures(8, 40, seed=2) * 0.5
    distance = sliced_wasserstein(fakes, reals, seed=3)
    torch.manual_seed(99)
    assert sliced_wasserstein(fakes, reals, seed=3) == distance
    assert sliced_wasserstein(reals, fakes, seed=3) == pytest.approx(distance, rel=1e-12)
    assert sliced_wasserstein(fakes, reals, seed=4) != distance
    assert sliced_wasserstein(fakes.float(), reals.float(), seed=3) == pytest.approx(
        distance, rel=1e-4
    )


@pytest.mark.parametrize("size", [9, 16, 64])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda x, amount: x - amount,
        lambda x, amount: x + amount * torch.tensor([1.0, 0, -1]).to(x)[:, None, None],
        lambda x, amount: x * (1 - amount),
        lambda x, amount: (
            x
            + amount
            * torch.tensor([[1.0, -1], [-1, 1]]).to(x).tile(99, 99)[: x.shape[-2], : x.shape[-1]]
        ),
    ],
    ids=["darker", "tinted", "flatter", "checkered"],
)
def test_patch_distance_grows_with_every_kind_of_damage(spoil, size):
    reals = pictures(6, size)
    distances = [sliced_wasserstein(spoil(reals, amount), reals) for amount in (0, 0.1, 0.3, 0.6)]
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert distances[1] > 0.01


def test_patch_distance_of_a_flat_shift_is_known():
    """One level of constant pictures: the mean over directions of shift * |sum of the direction|."""
    black = torch.full((3, 3, 16, 16), -1.0, dtype=torch.float64)
    distance = sliced_wasserstein(black + 2 / 255, black, num_directions=20_000)
    assert distance == pytest.approx(math.sqrt(2 / math.pi), rel=0.02)


def test_patch_distance_tells_a_collapsed_set_from_a_varied_one():
    reals, others = pictures(16, 32, seed=1), pictures(16, 32, seed=2)
    collapsed = others[:1].repeat(16, 1, 1, 1)
    assert sliced_wasserstein(others, reals) < 0.5 * sliced_wasserstein(collapsed, reals)


def test_patch_distance_refuses_unlike_or_empty_sets():
    with pytest.raises(ValueError, match="one size"):
        sliced_wasserstein(pictures(2, 16), pictures(2, 32))
    with pytest.raises(ValueError, match="one size"):
        sliced_wasserstein(pictures(2, 16)[:0], pictures(2, 16))


def test_patch_distance_is_quick_enough_for_training():
    fakes, reals = (pictures(64, 128, seed=s, dtype=torch.float32) for s in (1, 2))
    start = time.process_time()
    sliced_wasserstein(fakes, reals)
    assert time.process_time() - start < 6  # CPU seconds over all threads; about 1 when alone


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), mean=st.floats(-0.2, 0.2), std=st.floats(0.01, 0.2))
def test_colour_transfer_reaches_the_target_where_nothing_clips(seed, mean, std):
    target = ColourStatistics(
        torch.tensor([mean, 0.0, -mean], dtype=torch.float64),
        torch.tensor([std, 0.1, std / 2], dtype=torch.float64),
    )
    moved = colour_transfer(pictures(3, 16, seed=seed), target)
    for picture in moved:
        reached = colour_statistics([picture])
        torch.testing.assert_close(reached.mean, target.mean, atol=1e-9, rtol=0)
        torch.testing.assert_close(reached.std, target.std, atol=1e-9, rtol=0)


def test_colour_transfer_to_its_own_statistics_changes_nothing():
    picture = pictures(1, 20).clamp(-1, 1)
    torch.testing.assert_close(colour_transfer(picture, colour_statistics(picture)), picture)


def test_colour_transfer_is_safe_on_constant_pictures_and_stays_in_range():
    target = ColourStatistics(torch.tensor([0.9, 0.0, -0.9]), torch.tensor([0.5, 0.5, 0.5]))
    flat = colour_transfer(torch.full((1, 3, 8, 8), 0.37), target)
    torch.testing.assert_close(flat, target.mean[None, :, None, None].expand(1, 3, 8, 8))
    moved = colour_transfer(pictures(2, 16, dtype=torch.float32), target)
    assert moved.abs().max() <= 1
    assert moved.dtype == torch.float32


def test_colour_statistics_count_each_picture_once_whatever_its_size():
    small, large = torch.zeros(3, 4, 4), torch.ones(3, 32, 16)
    torch.testing.assert_close(
        colour_statistics([small, large]).mean, torch.full((3,), 0.5, dtype=torch.float64)
    )
    assert colour_statistics([small, large]).std.tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="at least one"):
        colour_statistics([])
