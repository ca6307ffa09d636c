"""Stopping on SIGINT and SIGTERM: finish the step, save, then leave."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether a person or the machine has asked to stop."""

    def __init__(self) -> None:
        self.made = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal; a second one stops at once."""
        if self.made:
            raise KeyboardInterrupt
        self.made = True


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Yield a request that SIGINT and SIGTERM set; their earlier handlers come back afterwards."""
    request = StopRequest()
    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {number: signal.signal(number, request.handle) for number in numbers}
    except ValueError:  # Only the main thread may set handlers; elsewhere nobody sends us signals.
        yield request
        return
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
