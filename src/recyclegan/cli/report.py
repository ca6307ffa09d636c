"""`recyclegan report`: one page on a run, with what it makes of its held-out pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.data.layouts import DomainFiles


@dataclass(frozen=True)
class ReportArguments:
    """Translate a run's held-out pictures with its last state, and write OUT/report.html.

    Where the truth of a picture is known (street scenes, `truthA truthB`), it is measured too.
    """

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The run directory."""
    out: Path
    """Folder for the page, the translations and links to what was translated."""
    data: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR]")] = ()
    """Where its pictures are now, if they were moved."""


def main(args: Sequence[str]) -> int:
    """Translate, measure and write the page; return the exit status."""
    given = parse(ReportArguments, args, "report")
    from rich.console import Console

    from recyclegan.cli.run_report import report_on_run
    from recyclegan.data.layouts import read_layout
    from recyclegan.runs.run_dir import open_run, require_no_file

    console = Console()
    _, record = open_run(given.run)
    require_no_file(given.out)
    data = given.data or record.data
    share = record.config.images.test_fraction
    folders = read_layout(data, seed=record.config.seed, test_fraction=share)
    tests = {
        way: _linked(domain, given.out / "held-out" / way[0])
        for way, domain in (("a2b", folders.a), ("b2a", folders.b))
    }
    translations = translate_held_out(given.run, tests, given.out / "translations", console)
    page = given.out / "report.html"
    for sentence in report_on_run(given.run, data, translations, page):
        console.print(sentence, highlight=False)
    console.print(f"Open {page} in a browser.", highlight=False, soft_wrap=True)
    return 0


def translate_held_out(
    run: Path, tests: Mapping[str, Path], out: Path, console: Console
) -> dict[str, Path]:
    """Translate the folder of each direction that a run has; return where the results are.

    With the last state, not the best: `best` was chosen on these same pictures.
    """
    from recyclegan.checkpoint.find import find_generators
    from recyclegan.checkpoint.generators import read_info
    from recyclegan.translation.folder import translate_path
    from recyclegan.translation.translator import load_translator

    folders: dict[str, Path] = {}
    model = run / "checkpoints" / "last"
    for direction in read_info(find_generators(model)).directions:
        translator = load_translator(model, direction)
        folders[direction] = out / direction
        counts = translate_path(translator, tests[direction], folders[direction], overwrite=True)
        console.print(
            f"{translator.source} → {translator.target}: {counts.translated} pictures in "
            f"{folders[direction]}",
            highlight=False,
        )
    return folders


def _linked(domain: DomainFiles, folder: Path) -> Path:
    """Make a folder of links to the held-out pictures of a domain, and return it.

    Raises:
        UserError: there are none.
    """
    if not domain.test:
        raise UserError(f"No picture of {domain.name} is held out; `recyclegan data prepare` does.")
    for path in domain.test:
        link = folder / path.relative_to(domain.test_dir)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(path.resolve())
    return folder
