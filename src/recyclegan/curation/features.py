"""What curation knows of each picture: features of unit length, brightness and sharpness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recyclegan.cluster.shares import Cluster
from recyclegan.data.manifest import BadFile
from recyclegan.features.cache import FeatureCache, Record
from recyclegan.features.extractor import Extractor
from recyclegan.features.loading import load_extractor
from recyclegan.features.reading import FEATURES, fill_cache
from recyclegan.images.measures import SIDE, measure
from recyclegan.networks.weights import Unavailable


@dataclass(frozen=True)
class Described:
    """The usable pictures of a domain, in their order."""

    paths: tuple[Path, ...]
    sha256: tuple[str, ...]
    """Of each file."""
    features: NDArray[np.float32]
    """(N,D), each of length 1, so that distances are from 0 to 2."""
    brightness: NDArray[np.float64]
    sharpness: NDArray[np.float64]


def curation_extractor(name: str, weights: Path | None = None) -> Extractor:
    """Return the extractor of this name.

    Raises:
        UserError: as `load_extractor`; where nothing is at hand, names the features that need
            nothing.
    """
    try:
        return load_extractor(name, weights)
    except Unavailable as error:
        raise error.otherwise("use --features luminance, which needs none") from None


def describe(
    paths: Sequence[Path],
    extractor: Extractor,
    features_dir: Path,
    *,
    on_progress: Callable[[int, int], None],
    cluster: Cluster | None = None,
) -> tuple[Described, tuple[BadFile, ...]]:
    """Return what is known of pictures, and the files that cannot be used.

    Args:
        paths: the pictures of a domain.
        extractor: what they are compared by.
        features_dir: where all of it is kept, so that interrupted work goes on.
        on_progress: told the number of files read and their total.
        cluster: what computes them, if not this process.

    Raises:
        UserError: `features_dir` cannot be written.
    """
    # Enough for the network and for the measures, which are taken at this side too.
    min_side = max(extractor.identity["size"], SIDE)
    recipe = {"measures": "brightness, sharpness", "min_side": min_side}
    cache = FeatureCache(features_dir, {**extractor.identity, **recipe})
    found = fill_cache(
        paths,
        extractor,
        cache,
        more=_measures,
        min_side=min_side,
        on_progress=on_progress,
        cluster=cluster,
    )
    good = [(path, row) for path, row in zip(paths, found, strict=True) if isinstance(row, str)]
    width = cache[good[0][1]][FEATURES].size if good else 0
    features = np.empty((len(good), width), np.float32)
    brightness, sharpness = np.empty(len(good)), np.empty(len(good))
    for row, (_, digest) in enumerate(good):
        record = cache[digest]
        features[row] = _unit_length(record[FEATURES])
        brightness[row], sharpness[row] = record["brightness"], record["sharpness"]
    digests = tuple(digest for _, digest in good)
    described = Described(tuple(path for path, _ in good), digests, features, brightness, sharpness)
    return described, tuple(row for row in found if isinstance(row, BadFile))


def _measures(image: Image.Image) -> Record:
    measures = measure(image)
    return {
        "brightness": np.array(measures.brightness),
        "sharpness": np.array(measures.sharpness),
    }


def _unit_length(features: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return features (D,) over their length, without digits that batches and machines change."""
    length = np.linalg.norm(features, axis=-1)
    unit: NDArray[np.float16] = (features / np.maximum(length, 1e-12)).astype(np.float16)
    return unit
