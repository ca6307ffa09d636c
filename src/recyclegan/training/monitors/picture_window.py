"""The last pictures of a training, each reduced to a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from recyclegan.translators.phase import Pictures

NUM_PICTURES = 64
"""Pictures remembered: enough to tell a collapse from a few similar scenes."""
PER_STEP = 2
"""Pictures looked at in a step, so that the cost does not grow with the batch."""
SIDE = 64
"""Pixels a side that are looked at, about."""
THUMBNAIL = 8
"""Pixels a side of what is kept of a picture; also the areas whose mean is not detail."""
EXTREME = 0.98
"""Absolute value from which a pixel is at the end of its range."""
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""


@dataclass(frozen=True)
class Look:
    """What K pictures of one kind look like.

    `brightness` is the mean in [0, 1], `contrast` the standard deviation of all values in [-1, 1],
    `extreme` the share of values near -1 or 1, `variety` the variance between pictures, averaged
    over the pixels of their 8x8 thumbnails.
    """

    brightness: float
    contrast: float
    extreme: float
    variety: float

    @classmethod
    def of(cls, rows: Tensor) -> Look:
        """Return the look of pictures whose rows are (K,195)."""
        means = rows.mean(dim=0)
        brightness, power, extreme = means[:3].tolist()
        variety = (rows[:, 3:] - means[3:]).square().mean()
        contrast = max(power - brightness**2, 0.0) ** 0.5
        return cls((brightness + 1) / 2, contrast, extreme, float(variety))


@dataclass(frozen=True)
class Direction:
    """The last translations of a direction beside their sources and real pictures of their target.

    `agreement` is, for each translation, the correlation of its detail with its source's.
    """

    name: str
    fake: Look
    source: Look
    target: Look
    agreement: list[float]


class PictureWindow:
    """Remembers the last pictures of both domains, real and translated."""

    def __init__(self) -> None:
        # Of each picture: brightness, power, extreme, thumbnail. Kinds: real_a, real_b, fake_a if
        # there is a way back, fake_b. Of each pair: agreement. Pairs: real_a with fake_b, real_b
        # with fake_a.
        self.rows = torch.zeros(0)
        self.agreements = torch.zeros(0)

    def add(self, pictures: Pictures) -> None:
        """Remember a step's pictures and forget those from before the window."""
        kinds = _glance(pictures)
        self.rows = torch.cat((self.rows, _rows(kinds)))[-NUM_PICTURES:]
        self.agreements = torch.cat((self.agreements, _agreements(kinds)))[-NUM_PICTURES:]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def directions(self) -> list[Direction]:
        """What is remembered, by direction; at least one picture must be."""
        real_a, real_b, *fakes = map(Look.of, self.rows.unbind(1))
        ends = (("a2b", real_a, real_b), ("b2a", real_b, real_a))
        return [
            Direction(name, fake, source, target, agreement)
            for (name, source, target), fake, agreement in zip(
                ends, reversed(fakes), self.agreements.T.tolist(), strict=False
            )
        ]

    def state_dict(self) -> dict[str, Tensor]:
        """Return what is remembered."""
        return {"rows": self.rows.clone(), "agreements": self.agreements.clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take up what `state_dict` returned."""
        self.rows, self.agreements = state["rows"].clone(), state["agreements"].clone()


def _glance(pictures: Pictures) -> Tensor:
    """Return some pixels of some pictures, (K,N,3,h,w) in [-1, 1], one kind after the other."""
    fakes = [pictures.translated[domain] for domain in sorted(pictures.translated)]
    kinds = (pictures.real_a, pictures.real_b, *fakes)
    # An odd step meets every phase of a pattern that repeats at a power of two, as those of
    # strided convolutions do.
    step = max(pictures.real_a.shape[-1] // SIDE, 1) | 1
    return torch.stack([kind[:PER_STEP, :, ::step, ::step] for kind in kinds]).float().cpu()


def _rows(kinds: Tensor) -> Tensor:
    """Return what is kept of each picture, (N,K,195)."""
    flat = kinds.flatten(2)
    extreme = (flat.abs() > EXTREME).float()
    numbers = torch.stack((flat.mean(2), flat.square().mean(2), extreme.mean(2)), dim=2)
    thumbnails = F.adaptive_avg_pool2d(kinds.flatten(0, 1), THUMBNAIL).view(*kinds.shape[:2], -1)
    return torch.cat((numbers, thumbnails), dim=2).transpose(0, 1)


def _agreements(kinds: Tensor) -> Tensor:
    """Return the correlation of translations' detail with their sources', (N,K-2) in [-1, 1].

    Broad areas are left out because night does invert them (the sky is the brightest part of many a
    day and the darkest of most nights), whereas a negative inverts every edge.
    """
    luma = torch.einsum("knchw,c->knhw", kinds, torch.tensor(LUMA))
    broad = F.interpolate(F.adaptive_avg_pool2d(luma, THUMBNAIL), size=luma.shape[-2:])
    real_a, real_b, *fakes = (luma - broad).flatten(2)
    pairs = zip((real_a, real_b), reversed(fakes), strict=False)
    return torch.stack([F.cosine_similarity(real, fake, dim=1) for real, fake in pairs], dim=1)
