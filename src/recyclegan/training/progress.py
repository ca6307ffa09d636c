"""The one line that says how a training goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from recyclegan.training.clock import StepClock

PLAIN_SECONDS = 20.0
"""Seconds between two lines where the output is no terminal."""

MUCH_WAITING = 0.05
"""Share of the steps' time from which waiting for pictures is worth a word."""

FEW_SECONDS = 2.0
"""Waiting for less than this in a whole sitting is never worth a word."""


class ProgressLine:
    """A line rewritten in place on a terminal, or a new one now and then elsewhere."""

    def __init__(self, console: Console, pictures_a_step: int) -> None:
        self.console = console
        self.pictures_a_step = pictures_a_step
        self.live = Live(console=console, refresh_per_second=4, transient=True)
        self.start: tuple[float, float, int] | None = None
        self.printed = 0.0

    def __enter__(self) -> ProgressLine:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.stop()

    def update(
        self,
        step: int,
        progress: float,
        scalars: Mapping[str, float],
        rate: float,
        waiting: float,
    ) -> None:
        """Show where the training stands after a step; `waiting` is a share of the last steps."""
        now = time.monotonic()
        if self.start is None:
            self.start = (now, progress, step)
            return
        text = self._text(now, step, progress, scalars, rate)
        if waiting > MUCH_WAITING:
            text += f"  {waiting:.0%} waiting for pictures"
        if self.live.is_started:
            self.live.update(Text(text, no_wrap=True, overflow="ellipsis"))
        elif now - self.printed >= PLAIN_SECONDS or progress >= 1:
            self.console.print(text, highlight=False, soft_wrap=True)
            self.printed = now

    def _text(
        self, now: float, step: int, progress: float, scalars: Mapping[str, float], rate: float
    ) -> str:
        assert self.start is not None
        began, progress_then, step_then = self.start
        seconds = max(now - began, 1e-9)
        left = seconds * (1 - progress) / max(progress - progress_then, 1e-9)
        speed = (step - step_then) * self.pictures_a_step / seconds
        losses = "  ".join(
            f"{label} {_mean(scalars, prefix):.3f}"
            for label, prefix in (
                ("G", "losses/adversarial"),
                ("cycle", "losses/cycle"),
                ("identity", "losses/identity"),
                ("NCE", "losses/nce"),
                ("D", "losses/discriminator"),
            )
            if any(name.startswith(prefix) for name in scalars)
        )
        return (
            f"{progress:4.0%}  step {step:,}  {duration(left)} left  {losses}  "
            f"lr {rate:.1e}  {speed:.1f} images/s"
        )


def waited(clock: StepClock) -> str:
    """Say how long a sitting has waited for pictures, and what helps; empty if not for long."""
    if clock.share <= MUCH_WAITING or clock.waiting < FEW_SECONDS:
        return ""
    return (
        f"{clock.share:.0%} of the steps' time ({duration(clock.waiting)}, beside "
        f"{duration(clock.computing)} of computing) went by waiting for pictures: a faster disk, "
        "smaller files or more --images.workers would save it."
    )


def duration(seconds: float) -> str:
    """Return a length of time for people: 45 s, 12:07 min, 3:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def _mean(scalars: Mapping[str, float], prefix: str) -> float:
    chosen = [value for name, value in scalars.items() if name.startswith(prefix)]
    return sum(chosen) / len(chosen)
