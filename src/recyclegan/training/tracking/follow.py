"""A sitting of a training that trackers follow, from its configuration to its report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from recyclegan import ranks
from recyclegan.checkpoint.find import find_generators
from recyclegan.config.plain import to_plain
from recyclegan.errors import UserError
from recyclegan.training.progress import duration
from recyclegan.training.session import Session
from recyclegan.training.tracking.place import identity
from recyclegan.training.tracking.tracker import Report, Tracked
from recyclegan.training.tracking.trackers import Trackers


@contextmanager
def followed(session: Session) -> Iterator[None]:
    """Have the trackers of the configuration follow a sitting; of several processes, the first."""
    names = session.config.train.track
    if not names or not ranks.is_first():
        yield
        return
    session.trackers = Trackers(names, _tracked(session))
    try:
        yield
        session.trackers.finish(_report(session))
    finally:
        session.trackers.close()


def _tracked(session: Session) -> Tracked:
    run, config = session.run, session.config
    known, logged = identity(run)
    return Tracked(
        id=known,
        folder=run.path,
        config={
            **json.loads(json.dumps(to_plain(config))),
            "domains": dict(session.domains),
            "processes": ranks.world_size(),
        },
        step=session.state.counters.step,
        logged=logged,
        artifacts=config.train.track_artifacts,
        manifest=run.path / "manifest.json",
        pictures=session.dataset.domains,
        say=partial(session.console.print, highlight=False, markup=False, soft_wrap=True),
    )


def _report(session: Session) -> Report:
    counters = session.state.counters
    summary: dict[str, Any] = {
        "variant": session.config.variant,
        "step": counters.step,
        "epoch": session.epoch,
        "seconds": counters.elapsed,
    }
    if counters.best_step is not None:
        summary |= {"best_step": counters.best_step, f"best_{session.best_by}": counters.best_score}
    evaluations = [event for event in session.log.read() if event["event"] == "evaluation"]
    figures = evaluations[-1] if evaluations else {}
    rows = [f"| {name} | {value} |" for name, value in _rows(summary, figures)]
    a, b = session.domains["a"], session.domains["b"]
    text = "\n".join(
        (f"# {session.config.variant}: {a} and {b}", "", "| | |", "|---|---|", *rows, "")
    )
    return Report(summary, text, _model(session))


def _model(session: Session) -> Path | None:
    """Return the file that translates, of the best checkpoint or else the last."""
    try:
        return find_generators(session.run.path)
    except UserError:
        return None  # Adapters alone, or nothing saved yet.


def _rows(summary: dict[str, Any], figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in summary.items():
        if name == "seconds":
            yield "time", duration(value)
        else:
            yield name, f"{value:.4g}" if isinstance(value, float) else str(value)
    for name, value in figures.items():
        if isinstance(value, float):
            yield name, f"{value:.4g}"
