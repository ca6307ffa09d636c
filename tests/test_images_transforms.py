"""Resizing, the map between pictures and tensors, and the contact sheet."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan.images.grid import BACKGROUND, picture_grid
from recyclegan.images.resizing import centre_square, resize_short_side
from recyclegan.images.tensors import to_image, to_tensor


@pytest.mark.parametrize("size", [(80, 64), (20, 200), (200, 20), (1, 1), (1, 5000), (333, 97)])
def test_both_sides_reach_the_size_and_memory_stays_bounded(size):
    resized = resize_short_side(Image.new("RGB", size), 64)
    assert min(resized.size) == 64
    assert max(resized.size) <= 64 * 8
    assert centre_square(Image.new("RGB", size), 64).size == (64, 64)


def test_aspect_is_kept():
    assert resize_short_side(Image.new("RGB", (400, 300)), 150).size == (200, 150)


def test_shrinking_is_antialiased():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    shrunk = np.asarray(centre_square(Image.fromarray(stripes), 64)).astype(int)
    assert np.abs(shrunk[8:-8, 8:-8] - 127).max() < 12


def test_centre_square_is_deterministic_and_not_mirrored():
    image = Image.new("RGB", (64, 64), "black")
    image.paste("white", (0, 0, 32, 64))
    square = np.asarray(centre_square(image, 32))
    assert (square[:, :14] == 255).all() and (square[:, 18:] == 0).all()
    assert square.tobytes() == np.asarray(centre_square(image, 32)).tobytes()


def test_every_level_survives_the_round_trip():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.fromarray(np.stack([levels, levels[::-1], levels.T], -1))
    tensor = to_tensor(image)
    assert tensor.shape == (3, 16, 16) and tensor.dtype == torch.float32 and tensor.is_contiguous()
    assert tensor.min() == -1 and tensor.max() == 1
    assert to_image(tensor).tobytes() == image.tobytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_the_map_is_fixed_whatever_the_values(dtype):
    tensor = torch.tensor([-3.0, -1.0, 0.0, 0.5, 1.0, 7.0], dtype=dtype).expand(3, 1, 6)
    assert np.asarray(to_image(tensor))[0, :, 0].tolist() == [0, 0, 128, 191, 255, 255]
    weak = torch.full((3, 2, 2), 0.1, dtype=torch.float32, requires_grad=True)
    assert np.unique(np.asarray(to_image(weak))).tolist() == [140]


def test_grid_places_pictures_and_titles():
    red, blue = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    plain = picture_grid([[red, blue], [blue, red]], [])
    pixels = np.asarray(plain)
    assert (
        ((pixels == (255, 0, 0)).all(-1)).sum()
        == ((pixels == (0, 0, 255)).all(-1)).sum()
        == 2 * 64**2
    )
    titled = picture_grid([[red, blue], [blue, red]], ["real", "translated"], ["day", "night"])
    assert titled.width > plain.width and titled.height > plain.height
    header = np.asarray(titled)[:10]
    assert (header != BACKGROUND).any()


def test_grid_takes_small_unequal_and_missing_pictures():
    sheet = picture_grid(
        [[Image.new("RGB", (8, 8)), Image.new("RGB", (20, 12))], [Image.new("RGB", (4, 4))]],
        ["a long title for a small picture", "b"],
    )
    assert sheet.width > 150
    assert sheet.mode == "RGB"
