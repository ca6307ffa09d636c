"""`metrics.jsonl`: one line an event, each step once, also after a resume."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recyclegan import ranks
from recyclegan.atomic import write_atomically


class EventLog:
    """Appends events to a file, a line each, in strict JSON; of several processes the first does.

    What depends on the clock goes under the key `time`, so that two equal trainings write equal
    lines apart from it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, step: int, **values: Any) -> None:
        """Write one event; values that are not finite become null."""
        if not ranks.is_first():
            return
        line = {"event": event, "step": step, **{k: _finite(v) for k, v in values.items()}}
        with self.path.open("a") as file:
            file.write(json.dumps(line, allow_nan=False) + "\n")

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the events; a last line that a kill cut short is left out."""
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    return

    def sync(self) -> None:
        """Wait until all events are on the disk, so that no checkpoint is ever ahead of them."""
        if self.path.exists():
            with self.path.open("a") as file:
                os.fsync(file.fileno())

    def truncate_after(self, step: int, rollbacks: int) -> None:
        """Drop what a resumed training will write again: later steps, and later rollbacks.

        A rollback that happened stays on record wherever the training went from there.
        """
        kept = [
            json.dumps(event) + "\n"
            for event in self.read()
            if (
                event["rollbacks"] <= rollbacks
                if event["event"] == "rollback"
                else event["step"] <= step
            )
        ]
        write_atomically(self.path, "".join(kept).encode())


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
