"""The last pictures of a training, each reduced to a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from recyclegan.translators.phase import Pictures

NUM_PICTURES = 64
"""Pictures remembered: enough to tell a collapse from a few similar scenes."""
PER_STEP = 4
"""Pictures looked at in a step, so that the cost does not grow with the batch."""
SIDE = 64
"""Pixels a side that are looked at, about."""
THUMBNAIL = 8
"""Pixels a side of what is kept of a picture."""
NEIGHBOURHOOD = 9
"""Pixels a side of the mean that is taken away to leave a picture's detail."""
EXTREME = 0.98
"""Absolute value from which a pixel is at the end of its range."""
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Look:
    """What is kept of K pictures of one kind; K is 0 before the first step.

    `brightness` (K,) is the mean, `power` (K,) the mean square and `extreme` (K,) the share of
    values near -1 or 1; `thumbnails` (K,192) are 8x8 pictures in [-1, 1].
    """

    brightness: Tensor
    power: Tensor
    extreme: Tensor
    thumbnails: Tensor


@dataclass(frozen=True)
class Direction:
    """The last translations of a direction beside their sources and real pictures of their target.

    `agreement` (K,) is the correlation of each translation's detail with its source's, in [-1, 1].
    """

    name: str
    fake: Look
    source: Look
    target: Look
    agreement: Tensor


class PictureWindow:
    """Remembers the last pictures of both domains and both directions, real and translated."""

    def __init__(self) -> None:
        # Rows in order of arrival; columns: real_a, real_b, fake_a, fake_b.
        self.looks = torch.zeros(0, 4, 3 + 3 * THUMBNAIL**2)
        # Columns: fake_b with real_a, fake_a with real_b.
        self.agreements = torch.zeros(0, 2)
        self.steps = 0

    def add(self, pictures: Pictures) -> None:
        """Remember a step's pictures and forget those from before the window."""
        kinds = _glance(pictures)
        self.looks = torch.cat((self.looks, _looks(kinds)))[-NUM_PICTURES:]
        self.agreements = torch.cat((self.agreements, _agreements(kinds)))[-NUM_PICTURES:]
        self.steps += 1

    def __len__(self) -> int:
        return len(self.looks)

    @property
    def directions(self) -> tuple[Direction, Direction]:
        """What is remembered, by direction."""
        real_a, real_b, fake_a, fake_b = (
            Look(*look[:, :3].unbind(1), look[:, 3:]) for look in self.looks.unbind(1)
        )
        a2b, b2a = self.agreements.unbind(1)
        return (
            Direction("a2b", fake_b, real_a, real_b, a2b),
            Direction("b2a", fake_a, real_b, real_a, b2a),
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what is remembered."""
        return {"looks": self.looks, "agreements": self.agreements, "steps": self.steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.looks, self.agreements = state["looks"], state["agreements"]
        self.steps = state["steps"]


def _glance(pictures: Pictures) -> Tensor:
    """Return some pixels of some pictures (4,N,3,h,w): real_a, real_b, fake_a, fake_b."""
    fakes = pictures.translated
    kinds = (pictures.real_a, pictures.real_b, fakes["a"], fakes["b"])
    # An odd step meets every phase of a pattern that repeats at a power of two, as those of
    # strided convolutions do.
    step = max(pictures.real_a.shape[-1] // SIDE, 1) | 1
    return torch.stack([kind.detach()[:PER_STEP, :, ::step, ::step] for kind in kinds]).float().cpu()


def _looks(kinds: Tensor) -> Tensor:
    flat = kinds.flatten(2)
    numbers = (flat.mean(2), flat.square().mean(2), (flat.abs() > EXTREME).float().mean(2))
    thumbnails = F.adaptive_avg_pool2d(kinds.flatten(0, 1), THUMBNAIL).view(*kinds.shape[:2], -1)
    return torch.cat((torch.stack(numbers, dim=2), thumbnails), dim=2).transpose(0, 1)


def _agreements(kinds: Tensor) -> Tensor:
    """Return the correlation (N,2) of translations' and sources' detail.

    Broad areas are left out because night does invert them (the sky is the brightest part of many a
    day and the darkest of most nights), whereas a negative inverts every edge.
    """
    luma = torch.einsum("knchw,c->knhw", kinds, torch.tensor(LUMA))
    broad = F.avg_pool2d(luma, NEIGHBOURHOOD, 1, NEIGHBOURHOOD // 2, count_include_pad=False)
    real_a, real_b, fake_a, fake_b = (luma - broad).flatten(2)
    pairs = ((real_a, fake_b), (real_b, fake_a))
    return torch.stack([F.cosine_similarity(x, y, dim=1) for x, y in pairs], dim=1)
