"""The share of mere colour: 1 for curves, 0 for paint, in between in known proportion, NaN for none."""

from __future__ import annotations

import pytest
import torch

from recyclegan.metrics.colour_share import colour_share
from recyclegan.metrics.colour_transfer import colour_statistics, colour_transfer


def draw(num=3, side=40, seed=0):
    return torch.rand(num, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_quadratic_colour_maps_are_explained_wholly():
    pictures = draw()
    mixed = torch.einsum("nchw,cd->ndhw", pictures, draw(1, 3)[0, 0])
    curve = 0.4 * pictures**2 - 0.3 * pictures[:, [1, 2, 0]] * pictures + 0.2 * mixed - 0.1
    for changed in (pictures * 0.3 - 0.5, mixed, curve, torch.zeros_like(pictures)):
        torch.testing.assert_close(colour_share(pictures, changed), torch.ones(3))


def test_colour_transfer_is_a_change_of_mere_colour():
    pictures = draw(seed=1) * 0.4
    moved = colour_transfer(pictures, colour_statistics(draw(seed=2) * 0.3 - 0.2))
    assert (colour_share(pictures, moved) > 0.99).all()


def test_paint_is_not_explained_by_colour():
    pictures = draw()
    painted = pictures + 0.3 * draw(seed=5)
    assert (colour_share(pictures, painted) < 0.02).all()


def test_a_known_mixture_has_its_share():
    pictures = draw(side=120)
    paint = draw(side=120, seed=5)
    # Shift 0.5: power 0.25. Uniform paint of amplitude a: power a^2 / 3, here as much.
    changed = pictures + 0.5 + 0.5 * 3**0.5 * paint
    torch.testing.assert_close(
        colour_share(pictures, changed), torch.full((3,), 0.5), atol=0.01, rtol=0
    )


def test_what_did_not_change_has_no_share():
    pictures = draw()
    changed = pictures.clone()
    changed[1] += 0.1
    share = colour_share(pictures, changed)
    assert share.isnan().tolist() == [True, False, True]
    assert colour_share(pictures, pictures + 1e-5).isnan().all()


@pytest.mark.parametrize(
    "picture",
    [
        torch.zeros(1, 3, 8, 8),
        torch.full((1, 3, 8, 8), -1.0),
        draw(1, 8)[:, :1].repeat(1, 3, 1, 1),
        draw(1, 1),
    ],
)
def test_grey_even_and_tiny_pictures_are_finite(picture):
    share = colour_share(picture, picture * 0.5 + 0.2)
    torch.testing.assert_close(share, torch.ones(1))
    painted = colour_share(picture, draw(1, picture.shape[-1], seed=9))
    assert 0 <= painted <= 1


def test_neither_the_place_of_pixels_nor_the_neighbours_count():
    pictures, changed = draw(), draw(seed=1)
    share = colour_share(pictures, changed)
    torch.testing.assert_close(share[1:2], colour_share(pictures[1:2], changed[1:2]))
    torch.testing.assert_close(share, colour_share(pictures.flip(2), changed.flip(2)))


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="alike"):
        colour_share(draw(), draw(2))
