"""`recyclegan quickstart`: the whole job on built-in street scenes, ending in a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recyclegan.cli.arguments import parse
from recyclegan.cli.scenes import Task
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.config import Config

NUM, NUM_TEST, SIZE, SEED = 400, 40, 64, 0


@dataclass(frozen=True)
class QuickstartArguments:
    """Render street scenes, train on them, translate the held-out ones and write a report.

    What is there already from an earlier call is kept and gone on with.
    """

    out: Path = Path("quickstart")
    """Folder for the scenes, the run, the translations and report.html."""
    task: Task = "day2night"
    """What the scenes show: day and night, or haze and clear air."""
    minutes: float = 4.0
    """Minutes of training."""
    variant: str = "recyclegan"
    """What to train."""
    overwrite: bool = False
    """Begin again, replacing an earlier quickstart in the folder."""


def main(args: Sequence[str]) -> int:
    """Run the quickstart; return the exit status."""
    given = parse(QuickstartArguments, args, "quickstart")
    from rich.console import Console

    console = Console()
    check(given)
    scenes, run = given.out / "scenes", given.out / "run"
    from recyclegan.data.scenes.dataset import DOMAINS

    a, b = DOMAINS[given.task].values()
    console.rule(f"1 of 4  {NUM} {a} + {NUM} {b} street scenes", align="left")
    render(scenes, given, console)
    console.rule(f"2 of 4  Training {given.variant} for {given.minutes:g} minutes", align="left")
    if not train(scenes, run, given, console):
        flags = f"--task {given.task} --variant {given.variant} --minutes {given.minutes}"
        console.print(
            f"To go on: recyclegan quickstart --out {given.out} {flags}",
            highlight=False,
            soft_wrap=True,
        )
        return 1
    from recyclegan.cli.report import translate_held_out

    console.rule("3 of 4  Translating the held-out scenes", align="left")
    tests = {way: scenes / f"test{way[0].upper()}" for way in ("a2b", "b2a")}
    translations = translate_held_out(run, tests, given.out / "translations", console)
    console.rule("4 of 4  Measuring against the truth", align="left")
    from recyclegan.cli.run_report import report_on_run

    for sentence in report_on_run(run, [scenes], translations, given.out / "report.html"):
        console.print(sentence, highlight=False)
    console.print(f"\nOpen [bold]{(given.out / 'report.html').resolve()}[/]", soft_wrap=True)
    return 0


def check(given: QuickstartArguments) -> None:
    """Refuse what could not end well, before any work.

    Raises:
        UserError: the minutes are none, or the folder is a file or holds something else, be it a
            quickstart of another task, variant or length.
    """
    from recyclegan.runs.run_dir import open_run, require_no_file

    configuration(given)
    require_no_file(given.out)
    scenes, run = given.out / "scenes" / "scenes.json", given.out / "run" / "config.json"
    # What a cut left half rendered is hidden, and no reason to refuse.
    held = [e for e in given.out.glob("*") if not e.name.startswith(".")]
    if held and not scenes.exists():
        raise UserError(f"--out {given.out} holds something else; name a new or empty folder.")
    if scenes.exists() and not given.overwrite:
        task = json.loads(scenes.read_text())["task"]
        if task != given.task:
            raise UserError(
                f"--out {given.out} holds a quickstart of {task}; name another folder, or "
                "--overwrite it."
            )
    if run.exists() and not given.overwrite:
        config = open_run(run.parent)[1].config
        if (config.variant, config.train.minutes) != (given.variant, given.minutes):
            raise UserError(
                f"--out {given.out} holds a quickstart of {config.variant} for "
                f"{config.train.minutes:g} minutes; name another folder, or --overwrite it."
            )


def configuration(given: QuickstartArguments) -> Config:
    """Return the training that the arguments ask for.

    Raises:
        UserError: there is no such variant, or the minutes are no length of time.
    """
    from recyclegan.variants.registry import get_variant

    variant = get_variant(given.variant)
    often = min(0.5, given.minutes / 4)
    return replace(
        variant,
        images=replace(variant.images, size=SIZE, workers=0),
        train=replace(variant.train, minutes=given.minutes, eval_minutes=often, save_minutes=1.0),
    )


def render(scenes: Path, given: QuickstartArguments, console: Console) -> None:
    """Render the scenes, where they are not there already."""
    from recyclegan.counting import counted
    from recyclegan.data.scenes.dataset import write_scenes

    if scenes.exists() and not given.overwrite:
        console.print(f"{scenes} is there already.", highlight=False)
        return
    with counted(console, "Rendering") as on_progress:
        write_scenes(
            scenes,
            task=given.task,
            num=NUM,
            num_test=NUM_TEST,
            size=SIZE,
            seed=SEED,
            overwrite=given.overwrite,
            on_progress=on_progress,
        )


def train(scenes: Path, run: Path, given: QuickstartArguments, console: Console) -> bool:
    """Train, or go on where an earlier call was cut; tell whether the budget is spent."""
    from recyclegan.training.start import resume
    from recyclegan.training.start import train as start

    if (run / "config.json").exists() and not given.overwrite:
        return resume(run, console=console)
    return start(configuration(given), [scenes], run, overwrite=given.overwrite, console=console)
