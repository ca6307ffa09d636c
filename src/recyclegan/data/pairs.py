"""The endless stream of unpaired training pictures, a pure function of the seed and the index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recyclegan.images.parallel import in_parallel

ORDER, AUGMENTATION = 0, 1
"""First word of a random stream's key: keys that differ in trailing zeros alone would collide."""


class UnpairedPictures:
    """One picture of each domain for every index from 0 to infinity, augmented for training.

    Each domain runs through its own epochs: every picture comes once before any comes again, in a
    new order each time. What an index gives depends neither on earlier calls nor on the number of
    threads, so a training resumes from its index alone and no batch is ever partial.

    Args:
        paths_a: pictures of domain a, at least one.
        paths_b: pictures of domain b, at least one; the two may differ in number.
        pixels_of: gives the pixels (H,W,3) of a path, 8 bit in RGB, sides at least `size`.
        size: side of the square crop in pixels.
        flip: mirror half of the pictures.
        seed: seed of order, crop and flip.
    """

    def __init__(
        self,
        paths_a: Sequence[Path],
        paths_b: Sequence[Path],
        pixels_of: Callable[[Path], NDArray[np.uint8]],
        *,
        size: int,
        flip: bool,
        seed: int,
    ) -> None:
        assert paths_a and paths_b, "each domain needs a picture"
        self.domains = {"a": tuple(paths_a), "b": tuple(paths_b)}
        self.pixels_of = pixels_of
        self.size = size
        self.flip = flip
        self.seed = seed % 2**64

    @property
    def num_per_epoch(self) -> int:
        """Indices until every picture of the larger domain has come once."""
        return max(map(len, self.domains.values()))

    def whole(self, domain: str) -> Iterator[Tensor]:
        """Yield the pictures of a domain as they are kept, (3,H,W) float32 in [-1, 1]."""
        for path in self.domains[domain]:
            pixels = torch.from_numpy(np.array(self.pixels_of(path)))
            yield pixels.permute(2, 0, 1) / 127.5 - 1

    def batch(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """Return `a` and `b`, each (N,3,size,size) float32 in [-1, 1], a picture for each index."""
        shape = (len(indices), 3, self.size, self.size)
        batch = {domain: np.empty(shape, np.float32) for domain in self.domains}
        for number, (domain, pixels) in enumerate(batch.items()):
            for index, place in zip(indices, pixels, strict=True):
                crop = self._crop(domain, number, index)
                # NumPy stays on this thread and leaves the step its cores, unlike torch; to_tensor
                # gives the same bits.
                np.divide(crop.transpose(2, 0, 1), np.float32(127.5), out=place)
                np.subtract(place, np.float32(1), out=place)
        return {domain: torch.from_numpy(pixels) for domain, pixels in batch.items()}

    def batches(
        self, indices: Iterable[int], num: int, *, num_threads: int, pinned: bool = False
    ) -> Generator[dict[str, Tensor], None, None]:
        """Yield a batch for every `num` indices, in order, prepared while earlier ones are used.

        At most one batch more than there are threads waits at a time. The threads end when the
        iterator is closed.

        Args:
            indices: of the pictures; may have no end.
            num: indices in a batch.
            num_threads: batches in work at once.
            pinned: put batches where a GPU copies them without the processor.

        Raises:
            RunFailed: where the batch would have come: a file has vanished, changed or can no
                longer be read; names it.
        """
        rest = iter(indices)
        groups = iter(lambda: tuple(islice(rest, num)), ())

        def make(group: tuple[int, ...]) -> dict[str, Tensor]:
            batch = self.batch(group)
            return {name: x.pin_memory() for name, x in batch.items()} if pinned else batch

        return in_parallel(make, groups, num_workers=num_threads, num_waiting=num_threads + 1)

    def _crop(self, domain: str, number: int, index: int) -> NDArray[np.uint8]:
        paths = self.domains[domain]
        epoch, position = divmod(index, len(paths))
        path = paths[_order(self.seed, number, epoch, len(paths))[position]]
        pixels = self.pixels_of(path)
        draw = np.random.default_rng((AUGMENTATION, self.seed, number, epoch, position))
        height, width, _ = pixels.shape
        left = int(draw.integers(width - self.size, endpoint=True))
        top = int(draw.integers(height - self.size, endpoint=True))
        crop = pixels[top : top + self.size, left : left + self.size]
        return crop[:, ::-1] if self.flip and draw.random() < 0.5 else crop


@lru_cache(maxsize=8)
def _order(seed: int, domain: int, epoch: int, num_pictures: int) -> NDArray[np.int64]:
    return np.random.default_rng((ORDER, seed, domain, epoch)).permutation(num_pictures)
