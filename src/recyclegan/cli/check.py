"""`recyclegan data check`: every file decoded; what is damaged, alike or odd."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from recyclegan.cli.arguments import parse

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.data.checking import CheckResult

SHOWN = 20
"""Files listed on the screen; `--json` lists all."""


@dataclass(frozen=True)
class CheckArguments:
    """Decode every file of a dataset; say what is damaged, alike or suspicious."""

    data: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="DATA [DATA]")]
    """A dataset directory in any layout, or two folders of pictures."""
    json: bool = False
    """Print everything as JSON, and nothing else."""
    picture: Path | None = None
    """Also write a contact sheet of typical and extreme pictures to this .png file."""
    overwrite: bool = False
    """Replace a contact sheet that is already there."""


def main(args: Sequence[str]) -> int:
    """Check a dataset; return 1 where a file cannot be read."""
    given = parse(CheckArguments, args, "data check")
    from rich.console import Console

    from recyclegan.counting import counted
    from recyclegan.data.check_sheet import refuse_sheet, write_sheet
    from recyclegan.data.checking import check_dataset

    if given.picture:
        refuse_sheet(given.picture, given.data, given.overwrite)
    console = Console(stderr=given.json)
    with counted(console, "Checking") as on_progress:
        result = check_dataset(given.data, on_progress)
    if given.json:
        print(json.dumps(result.as_json(), indent=2, allow_nan=False))
    else:
        _print(console, result)
    if given.picture and result.files:
        write_sheet(result, given.picture)
        console.print(f"Contact sheet: {given.picture}", highlight=False, markup=False)
    return 1 if result.bad else 0


def _print(console: Console, result: CheckResult) -> None:
    from statistics import median

    from rich.table import Table
    from rich.text import Text

    from recyclegan.data.checking import leaked

    table = Table("domain", "split", "pictures", "short side", "modes", "brightness", "sharpness")
    for domain, split in sorted({(file.domain, file.split) for file in result.files}):
        own = [f for f in result.files if (f.domain, f.split) == (domain, split)]
        sides = [min(file.size) for file in own]
        table.add_row(
            Text(result.domains[domain]),
            split,
            f"{len(own):,}",
            f"{min(sides)} / {median(sides):g} / {max(sides)}",
            ", ".join(sorted({file.mode for file in own})),
            f"{median(file.measures.brightness for file in own):.2f}",
            f"{median(file.measures.sharpness for file in own):.3f}",
        )
    console.print(table)
    alike = Table("duplicates", "groups", "pictures", "across domains", "test also in train")
    for name, groups in (("exact", result.exact), ("near", result.near)):
        across = sum(len({file.domain for file in group}) > 1 for group in groups)
        counts = (len(groups), sum(map(len, groups)), across, len(leaked(groups)))
        alike.add_row(name, *(f"{count:,}" for count in counts))
    console.print(alike)
    for title, listed in (("cannot be read", result.bad), ("suspicious", result.suspects)):
        if listed:
            rows = Table(f"{len(listed):,} {title}", "because")
            for file in listed[:SHOWN]:
                rows.add_row(Text(str(file.path)), Text(file.reason))
            console.print(rows)
            if len(listed) > SHOWN:
                console.print(f"… and {len(listed) - SHOWN:,} more: --json lists all.")
    for note in (*result.notes, f"{result.num_ignored:,} other files ignored"):
        console.print(note, highlight=False, markup=False)
