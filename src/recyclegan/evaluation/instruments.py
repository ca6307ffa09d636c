"""What pictures are looked at through: extractors of features, and networks that compare pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from recyclegan.cluster.shares import Cluster
from recyclegan.errors import UserError
from recyclegan.evaluation.sets import PictureSet
from recyclegan.features.cache import FeatureCache, default_cache_dir
from recyclegan.features.dino import has_local_dino, load_dino
from recyclegan.features.extractor import Extractor
from recyclegan.features.lpips import has_local_lpips, load_lpips
from recyclegan.features.reading import read_features
from recyclegan.networks.weights import Unavailable


@dataclass(frozen=True)
class Network:
    """A network that compares two pictures, each looked at once: `compare(embed(a), embed(b))`.

    `embed` takes (N, 3, H, W) in [-1, 1]; `compare` returns (N,).
    """

    identity: dict[str, Any]
    embed: Callable[[Tensor], Tensor]
    compare: Callable[[Tensor, Tensor], Tensor]


@dataclass
class Instruments:
    """Loaded extractors by their short name and networks by theirs; features are read once."""

    extractors: dict[str, Extractor] = field(default_factory=dict)
    networks: dict[str, Network] = field(default_factory=dict)
    cache_dir: Path = field(default_factory=default_cache_dir)
    cluster: Cluster | None = None
    """What computes features, if not this process."""
    _known: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)

    def features(
        self,
        pictures: PictureSet,
        extractor: str,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """Return an extractor's features (N, D) of a set, in the order of its names.

        Raises:
            UserError: a picture that was readable is no longer, or the cache cannot be written.
        """
        key = (extractor, pictures.digest)
        if key not in self._known:
            chosen = self.extractors[extractor]
            cache = FeatureCache(self.cache_dir, chosen.identity)
            found = read_features(
                pictures.paths, chosen, cache, on_progress=on_progress, cluster=self.cluster
            )
            hashes = tuple(picture.sha256 for picture in pictures.pictures.values())
            if found.sha256 != hashes:
                raise UserError(f"Pictures in {pictures.path} changed while they were read: again.")
            self._known[key] = found.features
        elif on_progress:
            on_progress(len(pictures), len(pictures))
        return self._known[key]


def is_at_hand(name: str, weights: Path | None = None) -> bool:
    """Return whether the weights of `lpips_alex`, `lpips_vgg` or `dino` are on this machine."""
    try:
        return has_local_dino(weights) if name == "dino" else has_local_lpips(_net(name), weights)
    except Unavailable:
        return False


def load_network(name: str, weights: Path | None = None) -> Network:
    """Return `lpips_alex`, `lpips_vgg` or `dino`, fetched where it is not at hand.

    Raises:
        UserError: the weights are missing or another network's; says the way out within seconds.
    """
    if name == "dino":
        dino = load_dino(weights)
        return Network(dino.identity, dino.self_similarity, _mean_squared_gap)
    lpips = load_lpips(_net(name), weights)
    return Network(lpips.identity, lpips.embed, _squared_distance)


def _net(name: str) -> Literal["alex", "vgg"]:
    return "alex" if name == "lpips_alex" else "vgg"


def _squared_distance(first: Tensor, second: Tensor) -> Tensor:
    return (first - second).square().sum(dim=1)


def _mean_squared_gap(first: Tensor, second: Tensor) -> Tensor:
    return (first - second).square().mean(dim=(1, 2))
