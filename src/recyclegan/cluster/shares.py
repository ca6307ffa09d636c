"""Work on a sequence of items, done in shares by the workers of a Ray cluster."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from recyclegan.errors import RunFailed, UserError

T = TypeVar("T")
R = TypeVar("R")

SHARES = 8
"""For each worker, so that a fast one does more than a slow one."""

LARGEST = 64
"""Items in a share at most: what a killed worker costs."""

ROUNDS = 4
"""Items in a share for each core of a worker, at least: cores are idle at a share's end."""

ATTEMPTS = 5
"""Workers that may be lost over one share, before it is taken for the cause."""


@dataclass(frozen=True)
class Workers:
    """How many processes a cluster has room for, on all its machines, and the cores of each."""

    num: int
    num_cpus: int

    def share_size(self, num_items: int, block: int) -> int:
        """Return the number of items in a share, a multiple of `block`."""
        even = -(-num_items // (SHARES * self.num))
        wanted = min(LARGEST, max(ROUNDS * self.num_cpus, even))
        return -(-wanted // block) * block


@dataclass(frozen=True)
class Cluster:
    """Processes on any number of machines that work on what they are given."""

    start: Callable[[], Workers]
    """Starts it, once, and tells what it is."""

    def in_shares(
        self, work: Callable[[Sequence[T]], Iterable[R]], items: Sequence[T], *, block: int = 1
    ) -> Iterator[R]:
        """Yield the results for all items in order, worked out by all workers.

        The work is copied to each worker once, with what it holds. A worker that is lost is
        replaced and its share done again, so work must bear being done twice. A few shares for
        each worker wait at a time.

        Args:
            work: maps items to as many results in their order; all of it has to be picklable.
            items: what is to be worked on.
            block: neighbours that stay together, in one share.

        Raises:
            UserError, RunFailed: what the work raised, or workers are lost again and again.
        """
        if not items:
            return
        import ray
        from ray.data import ActorPoolStrategy, DataContext

        workers = self.start()
        size = workers.share_size(len(items), block)
        shares = [items[first : first + size] for first in range(0, len(items), size)]
        rows = [{"share": pickle.dumps(share)} for share in shares]
        reference = ray.put(work)
        DataContext.get_current().execution_options.preserve_order = True
        pool = ActorPoolStrategy(
            min_size=1,
            max_size=min(workers.num, len(rows)),
            max_tasks_in_flight_per_actor=2,
        )
        with warnings.catch_warnings():
            # There is no other way yet to say how often a share is done again; without end else.
            warnings.simplefilter("ignore", DeprecationWarning)
            results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
                _Worker,
                fn_constructor_args=(reference, workers.num_cpus),
                batch_size=None,
                compute=pool,
                num_cpus=workers.num_cpus,
                max_task_retries=ATTEMPTS - 1,
            )
        try:
            for row in results.iter_rows():
                yield from _unpacked(pickle.loads(row["results"]))
        except ray.exceptions.RayError as error:
            raise _failure(error) from error


def passing_over(
    done: Sequence[bool],
    results: Iterator[R],
    on_progress: Callable[[int, int], None] | None,
) -> Iterator[R | None]:
    """Yield nothing in the place of what is done already, and a result in that of all else."""
    for num, is_done in enumerate(done, 1):
        yield None if is_done else next(results)
        if on_progress:
            on_progress(num, len(done))


class _Worker:
    """What a worker process holds: the work with its model, loaded once."""

    def __init__(self, reference: Any, num_cpus: int) -> None:
        import ray
        import torch

        torch.set_num_threads(num_cpus)
        self.work = ray.get(reference)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """Return the pickled results of each share, or the mistake that ended it."""
        return {"results": [pickle.dumps(self._results(share)) for share in batch["share"]]}

    def _results(self, share: bytes) -> list[Any] | Exception:
        try:
            return list(self.work(pickle.loads(share)))
        except (UserError, RunFailed) as error:
            return error


def _unpacked(results: list[R] | Exception) -> list[R]:
    if isinstance(results, Exception):
        raise results
    return results


def _failure(error: Exception) -> Exception:
    """Return what is to be said of an error of Ray's; an error in our own code stays one."""
    from ray import exceptions

    lost = (
        exceptions.ActorDiedError,
        exceptions.ActorUnavailableError,
        exceptions.NodeDiedError,
        exceptions.WorkerCrashedError,
    )
    if isinstance(error, lost):
        return RunFailed(
            f"Workers of the Ray cluster were lost {ATTEMPTS} times over the same pictures, for "
            "lack of memory perhaps; what is done is kept, so run it again."
        )
    return error
