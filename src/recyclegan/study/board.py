"""What a study shows while it runs: a live table on a terminal, a line an event elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from recyclegan.study.headlines import headline_words
from recyclegan.study.plan import Plan
from recyclegan.study.processes import Child
from recyclegan.study.results import Results
from recyclegan.study.timing import time_left
from recyclegan.study.training import Training
from recyclegan.training.progress import duration

SHOWN = 12
"""Trainings that are over and shown on the terminal, the last first."""
STYLES = {"training": "cyan", "measuring": "magenta", "done": "green", "failed": "red"}


class Board:
    """Every training of a study with its state; `update` tells of one."""

    def __init__(self, plan: Plan, results: Results, console: Console) -> None:
        self.plan, self.results, self.console = plan, results, console
        self.children: list[Child] = []
        self.todo: Sequence[Training] = ()
        self._states: dict[str, tuple[str, str]] = {}
        self._live = Live(
            console=console, get_renderable=self._table, refresh_per_second=2, transient=True
        )

    def __enter__(self) -> Board:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def update(self, training: Training, state: str, words: str = "") -> None:
        """Tell that a training is in another state now."""
        self._states.pop(training.key, None)
        self._states[training.key] = (state, words)
        if not self._live.is_started:
            ended = " ".join(filter(None, (state, words)))
            self._print(f"{self._count()}  {training.key}: {ended}")

    def done(self, training: Training, line: dict[str, Any]) -> None:
        """Tell that a training is done, with its headline figures."""
        words = "; ".join(
            f"{direction} {headline_words(figures)}"
            for direction, figures in line["directions"].items()
        )
        self.update(training, "done", f"in {duration(line['seconds'])}, {words}")

    def _count(self) -> str:
        num = sum(self.results.done(one.key) is not None for one in self.plan.trainings)
        return f"[{num}/{len(self.plan.trainings)}]"

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _table(self) -> Table:
        left = time_left(self.plan, self.results, list(self.todo), list(self.children))
        table = Table(box=None, pad_edge=False, expand=True, title_justify="left")
        table.title = f"{self.plan.name}  {self._count()}" + (
            f"  about {duration(left)} left" if left is not None else ""
        )
        table.add_column("training", ratio=3, no_wrap=True, overflow="ellipsis")
        table.add_column("state", ratio=5, no_wrap=True, overflow="ellipsis")
        for child in list(self.children):
            state, _ = self._states.get(child.training.key, ("training", ""))
            shown = self._course(child) if state == "training" else state
            table.add_row(child.training.key, Text(shown, style=STYLES.get(state, "")))
        running = {child.training.key for child in self.children}
        over = [(k, s) for k, s in reversed(list(self._states.items())) if k not in running]
        for key, (state, words) in over[:SHOWN]:
            table.add_row(key, Text(f"{state} {words}", style=STYLES.get(state, "")))
        if self.todo:
            table.add_row(f"{len(self.todo)} more", Text("waiting", style="dim"))
        return table

    def _course(self, child: Child) -> str:
        share = child.progress()
        if not share:
            return "training"
        seconds = child.training.length.seconds
        if seconds is None:
            seconds = (time.monotonic() - child.began) / share
        return f"training {share:.0%}, {duration(seconds * (1 - share))} left"
