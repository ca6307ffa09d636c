"""A study from its first training to its last: trained, translated, measured, a line each."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from recyclegan.atomic import write_json
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import RunFailed, UserError
from recyclegan.evaluation.baselines import BASELINES
from recyclegan.runs.run_dir import require_no_file
from recyclegan.study.board import Board
from recyclegan.study.datasets import TestPictures, prepare
from recyclegan.study.guards import alone, interrupted_by_signals
from recyclegan.study.line import done_line, failed_line
from recyclegan.study.measuring import Measuring
from recyclegan.study.plan import Plan
from recyclegan.study.processes import Child, begin, last_words, stop
from recyclegan.study.results import Results
from recyclegan.study.training import Training

POLL_SECONDS = 0.3
RESULTS, BASELINES_FILE = "results.jsonl", "baselines.json"


def run_study(plan: Plan, out: Path, console: Console, *, stage: Stage = unseen) -> bool:
    """Train and measure what is not yet there; tell whether all of the study is.

    Whoever ends it by a signal can go on with the same call.

    Raises:
        UserError: a data set does not fit, `out` holds another study's results, or the extractor's
            weights are not to be had.
        RunFailed: a signal ended it; what was trained is saved.
    """
    require_no_file(out)
    results = Results(out / RESULTS)
    check_same(plan, results, out)
    out.mkdir(parents=True, exist_ok=True)
    with alone(out), interrupted_by_signals():
        tests = {name: prepare(name, data, out, stage=stage) for name, data in plan.data.items()}
        measuring = Measuring(plan.extractor, out)
        if not all(results.done(training.key) for training in plan.trainings):
            measuring.require_networks()
        with Board(plan, results, console) as board:
            _train_all(plan, out, tests, measuring, results, board)
        _measure_baselines(tests, measuring, out, results, stage)
    return all(results.done(training.key) for training in plan.trainings)


def check_same(plan: Plan, results: Results, out: Path) -> None:
    """Refuse results of other trainings under the names of this study's.

    Raises:
        UserError: there are some; names the first.
    """
    for training in plan.trainings:
        line = results.done(training.key)
        settings = json.loads(json.dumps(training.settings))
        if line and (line["variant"], line["set"]) != (training.config.variant, settings):
            raise UserError(
                f"{out} holds a result of {training.name} that was trained otherwise than "
                f"{plan.source} says; name another --out, or give the variant another name."
            )


def _train_all(
    plan: Plan,
    out: Path,
    tests: Mapping[str, TestPictures],
    measuring: Measuring,
    results: Results,
    board: Board,
) -> None:
    """Train so many at once as there are jobs; what has ended is measured before the next begins.

    So no more than that is ever computed at once, and minutes mean the same to all.
    """
    todo = deque(one for one in plan.trainings if not results.done(one.key))
    board.todo, running = todo, board.children
    try:
        while todo or running:
            while todo and len(running) < plan.jobs:
                _begin(todo.popleft(), out, tests, results, board)
            for child in [one for one in running if one.process.poll() is not None]:
                data = tests[child.training.data]
                line = _finish(child, data, plan, out, measuring, board)
                results.put(line)
                running.remove(child)
                if "error" in line:
                    board.update(child.training, "failed", line["error"])
                else:
                    board.done(child.training, line)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        stop(running)
        raise RunFailed("Stopped and saved; the same command goes on.") from None
    finally:
        stop(running)


def _begin(
    training: Training,
    out: Path,
    tests: Mapping[str, TestPictures],
    results: Results,
    board: Board,
) -> None:
    data = tests[training.data].data
    try:
        board.children.append(begin(training, data, out))
    except UserError as error:
        results.put(failed_line(training, data, out / "runs" / training.key, str(error)))
        board.update(training, "failed", str(error))
    else:
        board.update(training, "training")


def _finish(
    child: Child,
    test: TestPictures,
    plan: Plan,
    out: Path,
    measuring: Measuring,
    board: Board,
) -> dict[str, Any]:
    """Translate and measure what a process has trained; return its line."""
    training = child.training
    if child.process.returncode:
        return failed_line(training, test.data, child.run, last_words(child))
    began = time.monotonic()
    torch.set_num_threads(training.config.train.threads or torch.get_num_threads())
    try:
        board.update(training, "translating")
        folders = measuring.translate(child.run, test, out / "translations" / training.key)
        board.update(training, "measuring")
        figures = {
            direction: measuring.measure(fakes, test, direction, training.key)
            for direction, fakes in folders.items()
        }
    except (UserError, RunFailed) as error:
        return failed_line(training, test.data, child.run, str(error))
    line = done_line(training, test.data, child.run, plan.jobs, measuring.extractor, figures)
    return line | {"seconds_beside": time.monotonic() - began}


def _measure_baselines(
    tests: Mapping[str, TestPictures],
    measuring: Measuring,
    out: Path,
    results: Results,
    stage: Stage,
) -> None:
    """Measure what costs nothing once for each data set and direction that has results."""
    path = out / BASELINES_FILE
    found = json.loads(path.read_text()) if path.is_file() else {}
    if found.get("extractor") != measuring.extractor:
        found = {"extractor": measuring.extractor, "data": {}}
    wanted = {
        (line["data"], direction) for line in results for direction in line.get("directions", ())
    }
    for data, direction in sorted(wanted):
        rows = found["data"].setdefault(data, {})
        if data in tests and direction not in rows:
            keys = {name: f"{data}/{name}" for name in BASELINES}
            rows[direction] = measuring.baselines(tests[data], direction, keys, stage=stage)
            write_json(path, found)
