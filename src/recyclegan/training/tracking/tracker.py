"""What a training tells a tracker, and what a tracker has to offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Tracked:
    """The training that a tracker follows.

    `id` is the same in all sittings; `step` is where this one begins; `logged` the last step that
    trackers were told of before, which may lie ahead of it; `pictures` are those to train on, by
    domain.
    """

    id: str
    folder: Path
    config: Mapping[str, Any]
    step: int
    logged: int
    artifacts: Sequence[str]
    manifest: Path
    pictures: Mapping[str, Sequence[Path]]
    say: Callable[[str], None]

    @property
    def name(self) -> str:
        """What the run is called where runs are listed."""
        return self.folder.resolve().name


@dataclass(frozen=True)
class Report:
    """How a sitting ended: `summary` in values, `text` in Markdown, and the model to ship."""

    summary: Mapping[str, float | str]
    text: str
    model: Path | None


class Tracker(Protocol):
    """Where values and pictures of a training go; each method may raise whatever it likes."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Take finite values of a step."""

    def picture(self, step: int, path: Path) -> None:
        """Take the sample grid of a step, a PNG."""

    def go_back(self, step: int) -> None:
        """Expect the steps after this one again."""

    def finish(self, report: Report) -> None:
        """Take the report, and wait until all is written."""

    def close(self) -> None:
        """End without a report, as after an error."""
