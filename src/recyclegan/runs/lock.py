"""One process at a time trains in a run directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from recyclegan.errors import UserError
from recyclegan.runs.run_dir import RunDir


@contextmanager
def locked(run: RunDir) -> Iterator[None]:
    """Hold a run's lock, which the system lets go when the process ends, however it ends.

    Raises:
        UserError: another process trains there.
    """
    lock = FileLock(run.lock_path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"{run.path} is being trained by another process; wait for its end, or stop it."
        ) from None
    try:
        yield
    finally:
        lock.release()
