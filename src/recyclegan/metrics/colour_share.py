"""How much of a translation is a mere change of colour, as a photo editor's curve could make it."""

from __future__ import annotations

import torch
from torch import Tensor

from recyclegan.metrics.shapes import require_same_shape

UNCHANGED = 1e-4
"""Root mean square change, on [-1, 1], that counts as none: a hundredth of a grey level."""


def colour_share(sources: Tensor, translations: Tensor) -> Tensor:
    """Return the share of each change that one colour map of the whole picture explains, (N,).

    Both are (N, 3, H, W) in [-1, 1]; the result is in [0, 1]: 1 - |y - f(x)|^2 / |y - x|^2, with f
    the quadratic polynomial of red, green and blue that is nearest to the translation y by least
    squares (the polynomials of Hong et al. 2001, table 1, of 10 terms). 1 means that the colour of
    each pixel tells its new colour: nothing was painted. NaN where nothing changed.

    Raises:
        ValueError: The shapes differ.
    """
    require_same_shape(sources, translations)
    colours = sources.double().flatten(2).transpose(1, 2)
    change = translations.double().flatten(2).transpose(1, 2) - colours
    terms = _quadratic_terms(colours)
    # f holds the identity, so that fitting the change is fitting the translation.
    squares, products = terms.transpose(1, 2) @ terms, terms.transpose(1, 2) @ change
    # By the pseudo-inverse: grey or even pictures leave terms that depend on one another.
    fitted = terms @ (torch.linalg.pinv(squares, rtol=1e-12, hermitian=True) @ products)
    whole, left = change.square().mean(dim=(1, 2)), (change - fitted).square().mean(dim=(1, 2))
    share = (1 - left / whole.clamp(min=UNCHANGED**2)).clamp(0, 1)
    return torch.where(whole > UNCHANGED**2, share, torch.nan).float()


def _quadratic_terms(colours: Tensor) -> Tensor:
    """Return 1, the channels, and their products, (N, P, 10), of colours (N, P, 3)."""
    first, second = torch.triu_indices(3, 3)
    constant = torch.ones_like(colours[..., :1])
    return torch.cat([constant, colours, colours[..., first] * colours[..., second]], dim=-1)
