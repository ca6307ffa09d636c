"""`recyclegan study`: variants, seeds, budgets and data sets, trained, measured and compared."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.study.plan import Plan


@dataclass(frozen=True)
class StudyArguments:
    """Train, measure and compare what a study's file asks for; what is there is not made again."""

    file: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE.yaml|NAME")]
    """The study's file, or the name of one that comes with the program."""
    out: Path
    """Folder for runs, translations, results and report.html."""
    jobs: int | None = None
    """Trainings at once, instead of what the file says."""
    dry_run: bool = False
    """List what would be trained, and how long it takes by the budgets; write nothing."""
    report: bool = False
    """Train nothing: make summary and pages anew of the results that are there."""


def main(args: Sequence[str]) -> int:
    """Run a study; return 0 where all of it is done and 1 otherwise."""
    given = parse(StudyArguments, args, "study")
    if given.jobs is not None and given.jobs < 1:
        raise UserError(f"--jobs {given.jobs} is no number of trainings; give 1 or more.")
    from functools import partial

    from rich.console import Console

    from recyclegan.counting import counted
    from recyclegan.study.plan import make_plan

    console = Console()
    plan = make_plan(given.file, jobs=given.jobs)
    if given.dry_run:
        _list(console, plan, given.out)
        return 0
    from recyclegan.study.studying import run_study
    from recyclegan.study.summary import PAGE, write_summary

    stage = partial(counted, console)
    complete = given.report or run_study(plan, given.out, console, stage=stage)
    summary = write_summary(plan, given.out, stage=stage)
    _print(console, summary)
    _say(console, f"Open {given.out / PAGE} in a browser.")
    return 0 if complete else 1


def _list(console: Console, plan: Plan, out: Path) -> None:
    from recyclegan.study.results import Results
    from recyclegan.study.studying import RESULTS
    from recyclegan.study.timing import expected
    from recyclegan.training.progress import duration

    results = Results(out / RESULTS)
    todo = [one for one in plan.trainings if not results.done(one.key)]
    for training in todo:
        folder = Path(plan.data[training.data].folder or out / "data" / training.data)
        words = training.command(folder, out / "runs" / training.key)
        _say(console, shlex.join(["recyclegan", *words]))
    lengths = [expected(training, results) for training in todo]
    known = [length for length in lengths if length is not None]
    _say(
        console,
        f"{len(todo)} of {len(plan.trainings)} trainings to make, {plan.jobs} at once: "
        f"{duration(sum(known) / plan.jobs)} by the budgets, and translating and measuring beside"
        + (
            f"; how long {len(todo) - len(known)} of them take is not known before one is done."
            if len(known) < len(todo)
            else "."
        ),
    )


def _print(console: Console, summary: dict[str, Any]) -> None:
    for table in summary["tables"]:
        place = f"{table['data']}, {table['budget']}, {table['from']} → {table['to']}"
        _say(console, f"\n{place}")
        for sentence in (*table["findings"], *table["cautions"]):
            _say(console, f"  {sentence}")
    trainings = summary["trainings"]
    for failure in trainings["failed"]:
        _say(console, f"failed {failure['key']}: {failure['error']}")
    _say(console, f"\n{trainings['done']} of {trainings['wanted']} trainings are done.")


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
