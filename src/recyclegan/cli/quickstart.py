"""`recyclegan quickstart`: the whole job on built-in street scenes, ending in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recyclegan.cli.arguments import parse
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
    console.rule(f"1 of 4  {NUM} + {NUM} street scenes by day and by night", align="left")
    render(scenes, given.overwrite, console)
    console.rule(f"2 of 4  Training {given.variant} for {given.minutes:g} minutes", align="left")
    if not train(scenes, run, given, console):
        console.print(f"To go on: recyclegan quickstart --out {given.out}")
        return 1
    console.rule("3 of 4  Translating the held-out scenes", align="left")
    translations = translate(scenes, run, given.out / "translations", console)
    console.rule("4 of 4  Measuring against the truth", align="left")
    from recyclegan.cli.run_report import report_on_run

    for sentence in report_on_run(run, [scenes], translations, given.out / "report.html"):
        console.print(sentence, highlight=False)
    console.print(f"\nOpen [bold]{(given.out / 'report.html').resolve()}[/]", soft_wrap=True)
    return 0


def check(given: QuickstartArguments) -> None:
    """Refuse what could not end well, before any work.

    Raises:
        UserError: the minutes are none, or the folder is a file or holds something else.
    """
    from recyclegan.runs.run_dir import open_run, require_no_file

    configuration(given)
    require_no_file(given.out)
    scenes, run = given.out / "scenes" / "scenes.json", given.out / "run" / "config.json"
    # What a cut left half rendered is hidden, and no reason to refuse.
    held = [e for e in given.out.glob("*") if not e.name.startswith(".")]
    if held and not scenes.exists():
        raise UserError(f"--out {given.out} holds something else; name a new or empty folder.")
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


def render(scenes: Path, overwrite: bool, console: Console) -> None:
    """Render the scenes, where they are not there already."""
    from recyclegan.counting import counted
    from recyclegan.data.scenes.dataset import write_scenes

    if scenes.exists() and not overwrite:
        console.print(f"{scenes} is there already.", highlight=False)
        return
    with counted(console, "Rendering") as on_progress:
        write_scenes(
            scenes,
            num=NUM,
            num_test=NUM_TEST,
            size=SIZE,
            seed=SEED,
            overwrite=overwrite,
            on_progress=on_progress,
        )


def train(scenes: Path, run: Path, given: QuickstartArguments, console: Console) -> bool:
    """Train, or go on where an earlier call was cut; tell whether the budget is spent."""
    from recyclegan.training.start import resume
    from recyclegan.training.start import train as start

    if (run / "config.json").exists() and not given.overwrite:
        return resume(run, console=console)
    return start(configuration(given), [scenes], run, overwrite=given.overwrite, console=console)


def translate(scenes: Path, run: Path, out: Path, console: Console) -> dict[str, Path]:
    """Translate the test pictures in the run's directions; return the folder of each.

    With the last state, not the best: `best` was chosen on these same pictures.
    """
    from recyclegan.checkpoint.find import find_generators
    from recyclegan.checkpoint.generators import read_generators
    from recyclegan.translation.folder import translate_path
    from recyclegan.translation.translator import load_translator

    folders: dict[str, Path] = {}
    model = run / "checkpoints" / "last"
    for direction in read_generators(find_generators(model))[1].directions:
        test = scenes / f"test{direction[0].upper()}"
        translator = load_translator(model, direction)
        folders[direction] = out / direction
        counts = translate_path(translator, test, folders[direction], overwrite=True)
        console.print(
            f"{translator.source} → {translator.target}: {counts.translated} pictures in "
            f"{folders[direction]}",
            highlight=False,
        )
    return folders
