"""One training at a time has a run directory, however many processes share it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from recyclegan import ranks
from recyclegan.errors import UserError
from recyclegan.runs.run_dir import RunDir


@contextmanager
def locked(run: RunDir) -> Iterator[None]:
    """Hold the lock of a run directory, which is made where it is not there yet.

    The system lets the lock go when the process ends, however it ends. Under torchrun the first
    process holds it for all.

    Raises:
        UserError: another process trains there, or the place cannot be written.
    """
    if not ranks.is_first():
        yield
        return
    lock = FileLock(run.lock_path)
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"{run.path} is being trained by another process; wait for its end, or stop it."
        ) from None
    except OSError as error:
        raise UserError(
            f"{run.path} cannot be written ({error.strerror or error}); name another folder."
        ) from None
    try:
        yield
    finally:
        lock.release()
