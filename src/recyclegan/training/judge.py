"""What pretrained networks say of held-out translations in the course of a training."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recyclegan.features.extractor import Extractor
from recyclegan.features.loading import load_extractor, local_extractor
from recyclegan.features.lpips import Lpips, has_local_lpips, load_lpips
from recyclegan.images.tensors import to_image
from recyclegan.metrics.frechet import frechet_distance
from recyclegan.metrics.kernel import kid
from recyclegan.networks.weights import Unavailable

BATCH = 32
"""Pictures given to a network at a time."""
NONE = "none"
"""No extractor: held-out pictures are judged without trained weights."""


def choose_extractor(name: str) -> str:
    """Return the extractor that `auto` means on this machine, of which nothing is fetched.

    Any other name comes back as it is, once its weights are known to be there.

    Raises:
        UserError: there is no such extractor, or it cannot be had; says the way out.
    """
    if name == "auto":
        try:
            return local_extractor() or NONE
        except Unavailable:
            return NONE
    if name != NONE:
        load_extractor(name)
    return name


def load_judge(name: str, real: Mapping[str, Tensor]) -> Judge | None:
    """Return the judge with an extractor and, where its weights are at hand, LPIPS on AlexNet.

    Raises:
        UserError: the extractor cannot be had.
    """
    if name == NONE:
        return None
    lpips = load_lpips("alex") if has_local_lpips("alex") else None
    return Judge(load_extractor(name), lpips, real)


class Judge:
    """Distances of translations to the real held-out pictures of each domain, (N,3,S,S).

    What concerns the real pictures alone is computed once.
    """

    def __init__(
        self, extractor: Extractor, lpips: Lpips | None, real: Mapping[str, Tensor]
    ) -> None:
        self.extractor = extractor
        self.lpips = lpips
        self._features = {domain: self._extract(pictures) for domain, pictures in real.items()}
        self._vectors: dict[str, Tensor] = {}
        self._among: dict[str, Tensor] = {}
        if lpips is not None:
            self._vectors = {domain: _embed(lpips, pictures) for domain, pictures in real.items()}
            self._among = {domain: _among(vectors) for domain, vectors in self._vectors.items()}

    def figures(self, domain: str, fakes: Tensor, truth: Tensor | None) -> dict[str, float]:
        """Return figures of translations (N,3,S,S) into a domain, by name; less is better.

        `kid_X` and `fd_X` with features X. With LPIPS also `lpips_alex`, the mean distance to the
        truth where it is known, and `lpips_w_alex`, how far the distances to real pictures are
        distributed from those among real ones: sqrt((m1 - m2)^2 + (s1 - s2)^2).
        """
        name = self.extractor.name
        ours, real = self._extract(fakes), self._features[domain]
        # Overflown generators must not end the run that logs them.
        finite = bool(torch.isfinite(fakes).all())
        figures = {
            f"kid_{name}": float(kid(ours, real).value or 0.0) if finite else math.nan,
            f"fd_{name}": frechet_distance(ours, real) if finite else math.nan,
        }
        return figures | (self._lpips_figures(domain, fakes, truth) if finite else {})

    def _lpips_figures(self, domain: str, fakes: Tensor, truth: Tensor | None) -> dict[str, float]:
        if self.lpips is None:
            return {}
        seen, among = _embed(self.lpips, fakes), self._among[domain]
        to_real = _distances(seen, self._vectors[domain])
        gaps = to_real.mean() - among.mean(), to_real.std() - among.std()
        figures = {f"{self.lpips.name.replace('_', '_w_', 1)}": math.hypot(*map(float, gaps))}
        if truth is not None:
            apart = seen - _embed(self.lpips, truth)
            figures[self.lpips.name] = float(apart.square().sum(dim=1).mean())
        return figures

    def _extract(self, pictures: Tensor) -> NDArray[np.float32]:
        """Return the features (N,D) of pictures in [-1, 1], rounded to 8 bit as saved ones are."""
        prepared = np.stack([self.extractor.prepare(to_image(picture)) for picture in pictures])
        parts = np.split(prepared, range(BATCH, len(prepared), BATCH))
        return np.concatenate([self.extractor.features(part) for part in parts])


def _embed(lpips: Lpips, pictures: Tensor) -> Tensor:
    return torch.cat([lpips.embed(part) for part in torch.split(pictures, BATCH)])


def _among(vectors: Tensor) -> Tensor:
    """Return the distances between each two of vectors (N,E), every pair both ways."""
    return _distances(vectors, vectors)[~torch.eye(len(vectors), dtype=torch.bool)]


def _distances(first: Tensor, second: Tensor) -> Tensor:
    """Return the squared distances (N,M) between vectors (N,E) and (M,E): LPIPS, all pairs."""
    return torch.cdist(first, second).square().double()
