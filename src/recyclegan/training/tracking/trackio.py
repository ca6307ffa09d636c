"""Trackio: a SQLite file for all projects of this machine, looked at with `trackio show`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path

import trackio

from recyclegan.training.tracking.tracker import Report, Tracked

PROJECT = "recyclegan"


class Trackio:
    """One run there over all sittings; its steps only ever grow."""

    def __init__(self, run: Tracked) -> None:
        self.logged = self.newest = run.logged
        with redirect_stdout(io.StringIO()):
            self.run = trackio.init(
                PROJECT,
                name=f"{run.name}-{run.id}",
                config=dict(run.config),
                resume="allow",
                embed=False,
                auto_log_gpu=False,
                auto_log_cpu=False,
            )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Take values of a step, unless it was told before."""
        if step > self.logged:
            self.run.log(dict(values), step=step)
            self.newest = step

    def picture(self, step: int, path: Path) -> None:
        """Take the sample grid of a step, likewise."""
        if step > self.logged:
            self.run.log({"samples": trackio.Image(str(path))}, step=step)

    def go_back(self, step: int) -> None:
        """Wait until training is past what was told."""
        self.logged = self.newest

    def finish(self, report: Report) -> None:
        """Write the report."""
        step = int(report.summary["step"])
        self.run.log({"report": trackio.Markdown(report.text)}, step=step)
        self.close()

    def close(self) -> None:
        """Write what is left."""
        with redirect_stdout(io.StringIO()):
            self.run.finish()
