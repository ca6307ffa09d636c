"""Work on many files at once: results in order, memory bounded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from recyclegan import ranks

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 4
"""Results for each core that may wait to be taken."""


def in_parallel(
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    num_workers: int | None = None,
    num_waiting: int | None = None,
) -> Generator[R, None, None]:
    """Yield `function(item)` for each item in order, worked out on all cores of this process.

    Decoding, resizing and encoding release Python's lock, so threads are enough and nothing is
    copied between processes. Only a few results are held at a time, however many items there are:
    `num_waiting` in work or waiting to be taken. An exception of `function` is raised where its
    result would have come.
    """
    workers = num_workers or max(1, (os.cpu_count() or 1) // ranks.num_here())
    rest = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        try:
            waiting: deque[Future[R]] = deque(
                pool.submit(function, item) for item in islice(rest, num_waiting or AHEAD * workers)
            )
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(function, item) for item in islice(rest, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def across_ranks(
    function: Callable[[T], R],
    items: Sequence[T],
    *,
    num_workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterable[R]:
    """Return `function(item)` for each item in order, worked out on the cores of all processes.

    `on_progress` is told of the share of this one.

    Raises:
        RankLost: another process ended.
    """

    def work(some: Sequence[T]) -> Iterator[R]:
        for done, result in enumerate(in_parallel(function, some, num_workers=num_workers), 1):
            yield result
            if on_progress:
                on_progress(done, len(some))

    return ranks.in_shares(work, items)
