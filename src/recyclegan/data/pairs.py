"""The endless stream of unpaired training pictures, a pure function of the seed and the index."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import Dataset

from recyclegan.errors import RunFailed
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.resizing import resize_short_side
from recyclegan.images.tensors import to_tensor

BYTES_PER_PIXEL = 4
"""What an RGB pixel takes in Pillow's memory."""

ORDER, AUGMENTATION = 0, 1
"""First word of a random stream's key: keys that differ in trailing zeros alone would collide."""


class UnpairedPictures(Dataset[dict[str, Tensor | int]]):
    """One picture of each domain for every index from 0 to infinity, augmented for training.

    Each domain runs through its own epochs: every picture comes once before any comes again, in a
    new order each time. What an index gives depends neither on earlier calls nor on the number of
    workers, so a training resumes from its index alone and no batch is ever partial.

    Args:
        paths_a: pictures of domain a, at least one.
        paths_b: pictures of domain b, at least one; the two may differ in number.
        size: side of the square crop in pixels.
        load_scale: short side before cropping, as a multiple of `size`, at least 1.
        flip: mirror half of the pictures.
        seed: seed of order, crop and flip.
        cache_bytes: memory for resized pictures, in each worker process.
    """

    def __init__(
        self,
        paths_a: Sequence[Path],
        paths_b: Sequence[Path],
        *,
        size: int,
        load_scale: float,
        flip: bool,
        seed: int,
        cache_bytes: int = 512 * 2**20,
    ) -> None:
        assert paths_a and paths_b, "each domain needs a picture"
        self.domains = (tuple(paths_a), tuple(paths_b))
        self.size = size
        self.short_side = round(size * load_scale)
        self.flip = flip
        self.seed = seed % 2**64
        self.cache_bytes = cache_bytes
        self._cache: dict[Path, Image.Image] = {}
        self._cached_bytes = 0

    @property
    def num_per_epoch(self) -> int:
        """Indices until every picture of the larger domain has come once."""
        return max(map(len, self.domains))

    def __getitem__(self, index: int) -> dict[str, Tensor | int]:
        """Return `a` and `b`, each (3,size,size) float32 in [-1, 1], and the `index`.

        Raises:
            RunFailed: a file has vanished or can no longer be read; names it.
        """
        return {"a": self._picture(0, index), "b": self._picture(1, index), "index": index}

    def __getstate__(self) -> dict[str, Any]:
        # A worker that is sent this dataset fills its own cache.
        return self.__dict__ | {"_cache": {}, "_cached_bytes": 0}

    def _picture(self, domain: int, index: int) -> Tensor:
        paths = self.domains[domain]
        epoch, position = divmod(index, len(paths))
        path = paths[_order(self.seed, domain, epoch, len(paths))[position]]
        return to_tensor(self._augment(self._resized(path), domain, epoch, position))

    def _augment(self, image: Image.Image, domain: int, epoch: int, position: int) -> Image.Image:
        draw = np.random.default_rng((AUGMENTATION, self.seed, domain, epoch, position))
        left = int(draw.integers(image.width - self.size, endpoint=True))
        top = int(draw.integers(image.height - self.size, endpoint=True))
        crop = image.crop((left, top, left + self.size, top + self.size))
        return ImageOps.mirror(crop) if self.flip and draw.random() < 0.5 else crop

    def _resized(self, path: Path) -> Image.Image:
        if path in self._cache:
            return self._cache[path]
        try:
            image = resize_short_side(decode(path), self.short_side)
        except UnreadableImage as error:
            raise RunFailed(f"{error}; it was a good picture when training began.") from None
        num_bytes = image.width * image.height * BYTES_PER_PIXEL
        # Nothing is evicted: pictures come in rounds, which would empty any cache just too small.
        if self._cached_bytes + num_bytes <= self.cache_bytes:
            self._cache[path] = image
            self._cached_bytes += num_bytes
        return image


@lru_cache(maxsize=8)
def _order(seed: int, domain: int, epoch: int, num_pictures: int) -> NDArray[np.int64]:
    return np.random.default_rng((ORDER, seed, domain, epoch)).permutation(num_pictures)
