"""What a study holds while it runs: its folder for itself, and signals that end it softly."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from filelock import FileLock, Timeout

from recyclegan.errors import UserError


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Keep other studies out of a folder.

    Raises:
        UserError: one works there.
    """
    lock = FileLock(out / ".study.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"Another study works in {out}; wait for it, or stop it.") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, and Ctrl-C also in a shell's background."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {number: signal.signal(number, interrupt) for number in numbers}
    except ValueError:  # Only the main thread may set handlers; elsewhere nobody sends us signals.
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
