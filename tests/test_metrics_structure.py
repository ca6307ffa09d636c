"""Structure kept: 1 for the same edges under any exposure, 0 for other edges or none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recyclegan.data.scenes.scene import View
from recyclegan.metrics.structure import edge_strength, structure_kept


@pytest.fixture(scope="module")
def views():
    return [View(0, index, 96) for index in range(4)]


def tensors(pictures):
    stacked = np.stack([np.array(picture) for picture in pictures])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.fixture(scope="module")
def days(views):
    return tensors([view.day() for view in views])


def test_the_identity_keeps_everything(days):
    kept = structure_kept(days, days)
    assert kept.shape == (4,) and kept.dtype == torch.float32
    torch.testing.assert_close(kept, torch.ones(4))


@pytest.mark.parametrize(("gain", "offset"), [(0.3, 0.0), (0.8, 0.1), (0.5, -0.5), (0.05, 0.0)])
def test_it_is_blind_to_exposure_and_contrast(days, gain, offset):
    darker = ((days + 1) / 2 * gain) * 2 - 1 + offset
    torch.testing.assert_close(structure_kept(days, darker), torch.ones(4), atol=1e-4, rtol=0)


def test_a_darkening_written_as_8_bit_keeps_nearly_everything(days):
    levels = ((days + 1) / 2 * 0.3 * 255).round()
    assert (structure_kept(days, levels / 127.5 - 1) > 0.95).all()


def test_a_tone_curve_keeps_more_than_a_blur_noise_or_another_place(views, days):
    curve = ((days + 1) / 2) ** 1.8 * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(days, 7, stride=1, padding=3)
    noisy = days + 0.2 * torch.randn(days.shape, generator=torch.Generator().manual_seed(0))
    kept = structure_kept(days, curve)
    assert (kept > 0.85).all()
    for worse in (blurred, noisy, days.roll(1, dims=0)):
        assert (structure_kept(days, worse) < kept - 0.1).all()
    assert structure_kept(days, days.roll(1, dims=0)).abs().max() < 0.5
    nights = tensors([view.night() for view in views])
    own, other = structure_kept(days, nights), structure_kept(days, nights.roll(1, dims=0))
    assert (own > other + 0.1).all()


def test_pictures_without_edges(days):
    even = torch.full_like(days, -0.3)
    torch.testing.assert_close(structure_kept(days, even), torch.zeros(4))
    torch.testing.assert_close(structure_kept(even, days), torch.zeros(4))
    torch.testing.assert_close(structure_kept(even, torch.ones_like(even)), torch.ones(4))


def test_it_is_symmetric_bounded_and_alone(days):
    others = days.flip(3)
    kept = structure_kept(days, others)
    torch.testing.assert_close(kept, structure_kept(others, days))
    torch.testing.assert_close(kept[2:3], structure_kept(days[2:3], others[2:3]))
    torch.testing.assert_close(kept, structure_kept(days.flip(3), others.flip(3)))
    assert (kept.abs() <= 1).all()
    inverted = structure_kept(days, -days)
    torch.testing.assert_close(inverted, torch.ones(4), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2), (16, 40)])
def test_any_size_is_finite(size):
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert structure_kept(pictures, pictures.flip(0)).isfinite().all()
    assert edge_strength(pictures).shape == (2, *size)


def test_other_shapes_are_refused(days):
    with pytest.raises(ValueError, match="alike"):
        structure_kept(days, days[:, :, :-1])
    with pytest.raises(ValueError, match="alike"):
        structure_kept(days[0], days[0])
