"""The line of results.jsonl that tells of one training: what it was, cost and is worth."""

from __future__ import annotations

import os
import platform
import shlex
import statistics
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from recyclegan.config import Config
from recyclegan.runs.events import EventLog
from recyclegan.runs.provenance import read_sittings
from recyclegan.runs.run_dir import RunDir
from recyclegan.study.results import DONE, FAILED, Line
from recyclegan.study.training import Training
from recyclegan.translators.parameters import count_parameters


def done_line(
    training: Training,
    data: Path,
    run: Path,
    jobs: int,
    extractor: str,
    directions: Mapping[str, Mapping[str, Any]],
) -> Line:
    """Return the line of a training that was measured; `directions` holds its figures."""
    sittings = read_sittings(RunDir(run))
    return {
        **_head(training, data, run, DONE),
        **_course(training.config, run),
        **count_parameters(training.config),
        "machine": {
            "node": platform.node(),
            "platform": platform.platform(),
            "processors": os.cpu_count(),
            "device": sittings[-1]["device"],
            "precision": sittings[-1]["precision"],
            "threads": sittings[-1]["threads"],
            "jobs": jobs,
            "sittings": len(sittings),
            "versions": sittings[-1]["versions"],
        },
        "data_digest": sittings[-1]["data_digest"],
        "extractor": extractor,
        "directions": directions,
    }


def failed_line(training: Training, data: Path, run: Path, error: str) -> Line:
    """Return the line of a training that failed."""
    return {**_head(training, data, run, FAILED), "error": error}


def _head(training: Training, data: Path, run: Path, state: str) -> Line:
    return {
        "key": training.key,
        "state": state,
        "data": training.data,
        "budget": training.length.label,
        "name": training.name,
        "variant": training.config.variant,
        "set": dict(training.settings),
        "seed": training.seed,
        "command": shlex.join(["recyclegan", *training.command(data, run)]),
    }


def _course(config: Config, run: Path) -> dict[str, Any]:
    events = list(EventLog(run / "metrics.jsonl").read())
    ends = [(e["step"], e["time"]["elapsed"]) for e in events if e["event"] == "train"]
    steps, seconds = ends[-1]
    paces = [(t1 - t0) / (s1 - s0) for (s0, t0), (s1, t1) in pairwise(ends)]
    alarms: dict[str, int] = {}
    for event in events:
        if event["event"] == "alarm":
            alarms.setdefault(event["kind"], event["step"])
    return {
        "steps": steps,
        "images": steps * config.optimizer.batch * config.optimizer.accumulate,
        "seconds": seconds,
        # Between two lines of the log: the first steps of a process are slower than all others.
        "seconds_a_step": statistics.median(paces or [seconds / steps]),
        "alarms": alarms,
    }
