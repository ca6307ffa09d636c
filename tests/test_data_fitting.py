"""The border goes and nothing else does; what is too small or all black is dropped, and says so."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from recyclegan.data.building import Dropped
from recyclegan.data.fitting import cut_border, fit_square


def framed(level):
    """A light picture of 70x50 with dark rows inside, in a border of one grey level."""
    pixels = np.full((80, 100, 3), level, np.uint8)
    pixels[10:60, 20:90] = 200
    pixels[30:33] = 0
    return Image.fromarray(pixels)


def test_a_border_of_grey_ten_is_cut_and_eleven_stays():
    assert cut_border(framed(10)).size == (70, 50)
    assert cut_border(framed(11)).size == (100, 80)


def test_dark_rows_inside_stay_where_they_are():
    rows = np.asarray(cut_border(framed(10)))[..., 0].max(axis=1)
    assert np.flatnonzero(rows == 0).tolist() == [20, 21, 22]


def test_an_all_black_picture_is_dropped():
    with pytest.raises(Dropped, match="all black"):
        cut_border(Image.new("RGB", (50, 50), (10, 10, 10)))


def test_the_centre_of_the_resized_picture_is_kept():
    pixels = np.zeros((64, 192, 3), np.uint8)
    pixels[:, 64:128] = 255
    assert np.asarray(fit_square(Image.fromarray(pixels), 64)).min() == 255
    assert fit_square(framed(10), 64).size == (64, 64)


def test_what_is_too_small_is_dropped_with_its_size_and_the_one_wanted():
    with pytest.raises(Dropped, match="too small") as drop:
        fit_square(framed(10), 81)
    assert "100x80" in drop.value.detail and "81" in drop.value.detail
