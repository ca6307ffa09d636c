"""`recyclegan data check`: every file decoded; what is damaged, alike or odd."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse


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
    from functools import partial

    from rich.console import Console

    from recyclegan.cli.check_tables import print_check
    from recyclegan.counting import counted
    from recyclegan.data.check_sheet import refuse_sheet, write_sheet
    from recyclegan.data.checking import check_dataset

    if given.picture:
        refuse_sheet(given.picture, given.data, given.overwrite)
    console = Console(stderr=given.json)
    result = check_dataset(given.data, partial(counted, console))
    if given.json:
        print(json.dumps(result.as_json(), indent=2, allow_nan=False))
    else:
        print_check(console, result)
    if given.picture and result.files:
        write_sheet(result, given.picture)
        console.print(f"Contact sheet: {given.picture}", highlight=False, markup=False)
    return 1 if result.bad else 0
