"""All trackers of a training as one; one that fails is dropped, and training goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from recyclegan.training.random_state import untouched
from recyclegan.training.tracking.registry import open_tracker
from recyclegan.training.tracking.tracker import Report, Tracked, Tracker


class Trackers:
    """Tells every tracker the same; none of them can stop or change a training."""

    def __init__(self, names: Iterable[str] = (), run: Tracked | None = None) -> None:
        self.open: dict[str, Tracker] = {}
        self._say: Callable[[str], None] = run.say if run else print
        for name in names:
            assert run is not None
            tracker = self._guarded(name, partial(open_tracker, name, run))
            if tracker is not None:
                self.open[name] = tracker

    def event(self, kind: str, step: int, values: Mapping[str, Any]) -> None:
        """Take an event as `metrics.jsonl` has it: its finite numbers, an evaluation's by name."""
        prefix = "" if kind == "train" else f"{kind}/"
        numbers = {
            f"{prefix}{name}": float(value)
            for name, value in values.items()
            if isinstance(value, int | float) and math.isfinite(value)
        }
        self._tell(lambda tracker: tracker.scalars(step, numbers))

    def picture(self, step: int, path: Path) -> None:
        """Take the sample grid of a step."""
        self._tell(lambda tracker: tracker.picture(step, path))

    def go_back(self, step: int) -> None:
        """Expect the steps after this one again."""
        self._tell(lambda tracker: tracker.go_back(step))

    def finish(self, report: Report) -> None:
        """Give the report, and end."""
        self._tell(lambda tracker: tracker.finish(report))
        self.open.clear()

    def close(self) -> None:
        """End what is not finished, as after an error."""
        self._tell(lambda tracker: tracker.close())
        self.open.clear()

    def _tell(self, what: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self.open.items()):
            self._guarded(name, partial(what, tracker))

    def _guarded(self, name: str, work: Callable[[], Any]) -> Any:
        try:
            with untouched():
                return work()
        # Whatever a tracker trips over, its user wants the training.
        except Exception as error:
            self.open.pop(name, None)
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            self._say(f"Tracking by {name} ended ({reason}); training goes on without it.")
            return None
