"""How much of a picture's structure its translation keeps: edges, blind to exposure."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from recyclegan.metrics.shapes import require_same_shape

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""
WINDOW = 15
"""Side in px of the window that luminance is normalised in."""
FLOOR = 0.1
"""Contrast, in parts of the picture's own, below which a window's edges fade out as noise."""


def structure_kept(sources: Tensor, translations: Tensor) -> Tensor:
    """Return the correlation of edge strength between pictures and their translations, (N,).

    Both are (N, 3, H, W) in [-1, 1]; the result is in [-1, 1]: 1 where nothing but exposure or
    contrast changed, about 0 for unrelated pictures. Luminance is divided by its contrast within
    a window (Jarrett et al. 2009, section 2: local contrast normalisation), and the magnitudes of
    its gradients are compared over the picture (as in Xue et al. 2014, section II, by Pearson's
    correlation). Two pictures without any edge agree, 1; one without has kept nothing, 0.

    Raises:
        ValueError: The shapes differ.
    """
    require_same_shape(sources, translations)
    ours, theirs = edge_strength(sources).flatten(1), edge_strength(translations).flatten(1)
    ours, theirs = (edges - edges.mean(dim=1, keepdim=True) for edges in (ours, theirs))
    norms = ours.norm(dim=1) * theirs.norm(dim=1)
    correlation = torch.where(norms > 0, (ours * theirs).sum(dim=1) / norms, 0)
    both_even = (ours.norm(dim=1) == 0) & (theirs.norm(dim=1) == 0)
    return torch.where(both_even, 1, correlation).clamp(-1, 1).float()


def edge_strength(pictures: Tensor) -> Tensor:
    """Return gradient magnitudes of locally normalised luminance, (N, H, W), in float64."""
    weights = torch.tensor(LUMINANCE, dtype=torch.float64, device=pictures.device)
    luminance = torch.einsum("nchw,c->nhw", pictures.double(), weights)[:, None]
    # About its own middle, so that rounding cannot make contrast where there is none.
    centred = luminance - luminance.mean(dim=(2, 3), keepdim=True)
    contrast = centred.square().mean(dim=(2, 3), keepdim=True)
    even = contrast < 1e-12
    local = centred - _box(centred)
    spread = _box(local.square()) + FLOOR**2 * contrast
    normalised = torch.where(even, 0, local / spread.clamp(min=1e-12).sqrt())[:, 0]
    padded = functional.pad(normalised[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    return (across.square() + down.square()).sqrt()


def _box(values: Tensor) -> Tensor:
    """Return the mean of the part of each window that is inside the picture."""
    for kernel in ((WINDOW, 1), (1, WINDOW)):
        values = functional.avg_pool2d(
            values,
            kernel,
            stride=1,
            padding=tuple(side // 2 for side in kernel),
            count_include_pad=False,
        )
    return values
