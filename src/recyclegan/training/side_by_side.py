"""Independent computations on one machine, at once where that is faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import torch

T = TypeVar("T")


class SideBySide:
    """Calls functions and returns what they return, in their order.

    On a CPU two run at once, each on half the cores: two convolutions on a core each are faster
    than one after the other on two cores. On a GPU, whose cores one convolution fills, each waits
    for the one before, whose memory is free by then. The results are the same in any order.
    """

    AT_ONCE = 2

    def __init__(self, device: torch.device, *, compiled: bool = False) -> None:
        self.num_threads = torch.get_num_threads()
        self.pool: ThreadPoolExecutor | None = None
        # Two threads must not compile the same network at once.
        if device.type == "cpu" and self.num_threads >= self.AT_ONCE and not compiled:
            share = partial(torch.set_num_threads, self.num_threads // self.AT_ONCE)
            self.pool = ThreadPoolExecutor(self.AT_ONCE, initializer=share)

    def __call__(self, functions: Sequence[Callable[[], T]]) -> list[T]:
        """Return what each function returns; an error of one is raised when all have ended."""
        if self.pool is None or len(functions) < self.AT_ONCE:
            return [function() for function in functions]
        futures = [self.pool.submit(function) for function in functions]
        try:
            return [future.result() for future in futures]
        finally:
            # Threads that torch meets later start with the number that was set last.
            torch.set_num_threads(self.num_threads)
