"""Under torchrun many processes run one command: the first one alone prints."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import FrameType

from recyclegan import ranks
from recyclegan.errors import RunFailed, UserError

SHARED = frozenset({"train", "resume", "translate", "evaluate", "curate"})
"""Commands that several processes share."""


def check_shared(command: str) -> None:
    """Check that a command may be run by several processes, where there are several.

    Raises:
        UserError: each of them would do all of the work, into the same files.
    """
    if ranks.world_size() > 1 and command not in SHARED:
        raise UserError(f"`recyclegan {command}` is for one process: run it without torchrun.")


@contextmanager
def one_voice() -> Iterator[None]:
    """Keep all processes but the first silent, and turn torchrun's signal to end into a sentence.

    What is raised goes through, and is silenced no longer.
    """
    if ranks.world_size() == 1:
        yield
        return
    signal.signal(signal.SIGTERM, _end)
    if ranks.is_first():
        yield
        return
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def _end(number: int, frame: FrameType | None) -> None:
    raise RunFailed("Stopped by torchrun, which ends all processes where one of them has ended.")
