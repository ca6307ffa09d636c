"""Under torchrun many processes run one command: the first one alone prints."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from types import FrameType

from recyclegan import ranks
from recyclegan.errors import RunFailed, UserError

SHARED = frozenset({"train", "adapt", "resume", "translate", "evaluate", "curate"})
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
    try:
        if ranks.is_first():
            yield
        else:
            with (
                Path(os.devnull).open("w") as nowhere,
                redirect_stdout(nowhere),
                redirect_stderr(nowhere),
            ):
                yield
    finally:
        # What is left is to say why: torchrun, which sees the first process end, must not cut it.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def speaks_first(patience: float = 0.0) -> bool:
    """Return whether no other rank has said what went wrong: one cause often fails them all.

    Those that only follow another have to wait `patience` seconds for it to speak.
    """
    if ranks.world_size() == 1:
        return True
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    place = f"recyclegan/failed/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    try:
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        store = TCPStore(address, port, is_master=False, timeout=timedelta(seconds=5))
        end = time.monotonic() + patience
        while time.monotonic() < end and not store.add(place, 0):
            time.sleep(0.05)
        return store.add(place, 1) == 1
    except (RuntimeError, KeyError):
        return True  # The store is gone with the process that kept it: better twice than never.


def _end(number: int, frame: FrameType | None) -> None:
    raise RunFailed("Stopped by torchrun, which ends all processes where one of them has ended.")
