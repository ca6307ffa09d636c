"""Several pictures at once on the cores of one machine, within a bound of memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore

import torch

from recyclegan import ranks
from recyclegan.config import GeneratorConfig
from recyclegan.translation.arithmetic import Precision

MEMORY = 1.3e9
"""Bytes that the maps of all pictures in work may take together: torch itself takes 0.6e9."""

NUM_MAPS = {"transposed": 3, "resize": 5}
"""How many maps of full size and width there are at once, at the last upsampling, as measured."""

BYTES_PER_PIXEL = 170
"""What the picture, its result and the maps of the head take beside these, as measured."""


class Cores:
    """Gives each picture a core, or as many as its share of the memory.

    A core for each picture beats all cores on one: nothing waits for the slowest part of a layer,
    and one picture is read or written while others are computed.
    """

    def __init__(self, num_pictures: int) -> None:
        self.num = torch.get_num_threads()
        self.num_workers = max(1, min(self.num, num_pictures))
        self._free = Semaphore(self.num)
        self._entry = Lock()

    def __enter__(self) -> Cores:
        """Return itself; afterwards torch has its number of threads back."""
        return self

    def __exit__(self, *_: object) -> None:
        torch.set_num_threads(self.num)

    @contextmanager
    def taken(self, num_bytes: float) -> Iterator[float]:
        """Wait for the cores of a picture that takes `num_bytes`; yield their share of all here."""
        wanted = max(self.num // self.num_workers, math.ceil(self.num * num_bytes / MEMORY))
        num = min(self.num, wanted)
        with self._entry:
            # One at a time collects: two large ones could otherwise hold half each for ever.
            for _ in range(num):
                self._free.acquire()
        try:
            torch.set_num_threads(num)
            yield num / self.num / ranks.num_here()
        finally:
            self._free.release(num)


def whole_bytes(num_pixels: int, generator: GeneratorConfig, precision: Precision) -> float:
    """Return what the maps of a picture take at once in a generator."""
    itemsize = 2 if precision == "bf16" else 4
    maps = itemsize * NUM_MAPS[generator.upsampling] * generator.features
    # Of a grid all values are enlarged, in float32.
    read = 4 * generator.grid * (12 if generator.colour_matrix else 6)
    return float(num_pixels * (maps + read + BYTES_PER_PIXEL))
