"""Long work in named stages, each of which tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Progress = Callable[[int, int], None]
"""Told what is done and the total."""

Stage = Callable[[str], AbstractContextManager[Progress]]
"""Opens a stage by its title and gives it a function to report to."""


def unseen(title: str) -> AbstractContextManager[Progress]:
    """Return a stage that shows nothing."""
    return nullcontext(lambda done, total: None)
