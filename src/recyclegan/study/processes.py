"""A training as a process of its own: begun or taken up, watched, and ended softly."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from recyclegan.errors import UserError
from recyclegan.runs.events import EventLog
from recyclegan.runs.lock import locked
from recyclegan.runs.run_dir import RunDir, open_run
from recyclegan.study.training import Training

SAYS = "recyclegan: "
"""How the command line begins the sentence with which it fails."""


@dataclass
class Child:
    """A training that runs."""

    training: Training
    run: Path
    log: Path
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)
    _seen: tuple[float, float] = (0.0, 0.0)

    def progress(self) -> float:
        """Return the share of its budget that is over, in [0, 1], as its log tells."""
        path = self.run / "metrics.jsonl"
        with suppress(OSError):
            written = path.stat().st_mtime
            if written != self._seen[0]:
                self._seen = (written, self._share(path))
        return self._seen[1]

    def _share(self, path: Path) -> float:
        events = [event for event in EventLog(path).read() if event["event"] == "train"]
        if not events:
            return 0.0
        last, train = events[-1], self.training.config.train
        if train.minutes is not None:
            share = last["time"]["elapsed"] / (train.minutes * 60)
        elif train.steps is not None:
            share = last["step"] / train.steps
        else:
            share = last["epoch"] / (train.epochs or 1)
        return min(1.0, float(share))


def begin(training: Training, data: Path, out: Path) -> Child:
    """Begin a training below `out`, or take up what an earlier call left of it.

    A run of another configuration, or one whose record is damaged, is begun anew.

    Raises:
        UserError: another process trains there.
    """
    run, log = out / "runs" / training.key, out / "logs" / f"{training.key}.log"
    if _fits(training, run):
        words = ["resume", str(run)]
    else:
        if run.exists():
            with locked(RunDir(run)):
                shutil.rmtree(run)
        words = training.command(data, run)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "recyclegan", *words],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal would else come to it twice, and the second ends it at once.
            start_new_session=True,
        )
    return Child(training, run, log, process)


def stop(children: Iterable[Child]) -> None:
    """Ask trainings to save and leave, and wait for them; a second Ctrl-C ends them at once."""
    running = [child for child in children if child.process.poll() is None]
    for child in running:
        child.process.send_signal(signal.SIGTERM)
    try:
        for child in running:
            child.process.wait()
    except KeyboardInterrupt:
        for child in running:
            child.process.kill()
        raise


def last_words(child: Child) -> str:
    """Return the sentence with which a training failed, or how it ended."""
    status = child.process.returncode
    lines = [
        line.strip()
        for line in child.log.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
    said = [line.removeprefix(SAYS) for line in lines if line.startswith(SAYS)]
    if said:
        return said[-1]
    if status < 0:
        name = signal.Signals(-status).name
        return f"Its process was ended by {name}; is there memory enough for this many jobs?"
    return lines[-1] if lines else f"Its process ended with status {status} and no word."


def _fits(training: Training, run: Path) -> bool:
    try:
        return training.fits(open_run(run)[1].config)
    except UserError:
        return False
