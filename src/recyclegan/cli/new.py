"""`recyclegan new`: three questions, and the file of a training with every line explained."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

T = TypeVar("T")
FILE = "config.yaml"


@dataclass(frozen=True)
class NewArguments:
    """Write DIR/config.yaml, the file of a training. What is not given is asked at a terminal."""

    dir: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DIR")]
    """Folder for the file, and for the run beside it; made where it is not there."""
    data: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR]")] = ()
    """The two folders of pictures, or a dataset directory."""
    size: int | None = None
    """Side of the training pictures in pixels, a multiple of 8."""
    minutes: float | None = None
    """How long to train."""
    variant: str = "recyclegan"
    """What to train; `recyclegan variants` lists them."""
    overwrite: bool = False
    """Replace a config.yaml that is already there."""


def main(args: Sequence[str]) -> int:
    """Ask what is not given, write the file and say what to type next; return the exit status."""
    given = parse(NewArguments, args, "new")
    from recyclegan.cli.training_file import training_file
    from recyclegan.runs.run_dir import require_no_file
    from recyclegan.variants.registry import get_variant

    variant = get_variant(given.variant)
    path = given.dir / FILE
    require_no_file(given.dir)
    if path.exists() and not given.overwrite:
        raise UserError(f"{path} is there already; edit it, or replace it with --overwrite.")
    _require_answers(given)
    try:
        data = given.data or ask("The two folders of pictures", _folders, _two_here(given.dir))
        size, minutes = given.size, given.minutes
        if size is None:
            size = ask("Side of the pictures in pixels", _size, "128")
        if minutes is None:
            minutes = ask("Minutes of training (or 2 h)", _minutes, "60")
    except EOFError:
        raise UserError("No answer was given, so nothing was written; call it again.") from None
    _folders(shlex.join(map(str, data)))
    config = replace(
        variant,
        images=replace(variant.images, size=size),
        train=replace(variant.train, minutes=minutes),
    )
    given.dir.mkdir(parents=True, exist_ok=True)
    path.write_text(training_file(config, data, given.dir), encoding="utf-8")
    print(f"Wrote {path}. Next:\n  recyclegan train --config {shlex.quote(str(path))}")
    return 0


def _require_answers(given: NewArguments) -> None:
    answers = {"--data": given.data or None, "--size": given.size, "--minutes": given.minutes}
    missing = [flag for flag, answer in answers.items() if answer is None]
    if missing and not sys.stdin.isatty():
        raise UserError(f"There is no terminal to ask at; give {' and '.join(missing)}.")


def ask(question: str, understand: Callable[[str], T], default: str) -> T:
    """Return what a person answers, once it is understood; Enter alone takes the default."""
    while True:
        answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
        try:
            return understand(answer)
        except (UserError, ValueError) as error:
            print(f"  {error}")


def _folders(answer: str) -> tuple[Path, ...]:
    from recyclegan.data.layouts import read_unsplit

    words = shlex.split(answer)
    if not words:
        raise UserError("Name two folders, or a dataset directory with trainA and trainB.")
    folders = tuple(Path(word).expanduser() for word in words)
    read_unsplit(folders)
    return folders


def _two_here(out: Path) -> str:
    """Return the two folders with pictures that lie here, if there are just two."""
    from recyclegan.images.listing import list_images

    here = (f for f in sorted(Path().iterdir()) if f.is_dir() and not f.name.startswith("."))
    full = [
        folder for folder in here if folder != out and list_images(folder, recursive=False).paths
    ]
    return shlex.join(map(str, full)) if len(full) == 2 else ""


def _size(answer: str) -> int:
    from recyclegan.variants.baseline import BASELINE

    if not answer.isdigit():
        raise UserError(f"{answer!r} is no number of pixels; 64, 128 and 256 are usual.")
    return replace(BASELINE.images, size=int(answer)).size


def _minutes(answer: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(m|min|minutes|h|hours)?", answer)
    if not found or not float(found[1]):
        raise UserError(f"{answer!r} is no length of time; answer such as 60, 90 min or 2 h.")
    return float(found[1]) * (60 if (found[2] or "").startswith("h") else 1)
