"""`recyclegan poll build`: a blind two-choice poll as one page, and the key to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

MIN_MEGABYTES = 1
"""A page without pictures has a quarter of it."""


@dataclass(frozen=True)
class PollBuildArguments:
    """Make a poll of sets of pictures with the same file names: which of two do people prefer?"""

    sets: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=DIR [NAME=DIR ...]")]
    """At least two sets: a name and the folder of its pictures."""
    out: Path
    """Folder for poll.html (for voters), poll.json (for `poll serve`) and key.json (for nobody)."""
    source: Path | None = None
    """Folder of the pictures that the sets were made from, to be shown above; none is shown
    without it."""
    questions: int = 30
    """Questions a voter; at most as many as there are."""
    attention: int = 4
    """Attention checks a voter: by turns a spoilt picture, and one picture on both sides."""
    question: str | None = None
    """What voters are asked of every two pictures; by default which looks more like a real photo,
    of the domain that the sets were translated to where they say it."""
    max_megabytes: float = 24.0
    """Size that the page keeps to, in MB; where all pictures would be too many, fewer are drawn."""
    seed: int = 0
    """Seed of all that is drawn."""
    overwrite: bool = False
    """Replace an earlier poll; one that has votes is never replaced."""


def main(args: Sequence[str]) -> int:
    """Build a poll; return 1 where a picture could not be read."""
    given = parse(PollBuildArguments, args, "poll build")
    sets = _sets(given.sets)
    _refuse_impossible(given)
    from rich.console import Console

    from recyclegan.atomic import write_atomically
    from recyclegan.counting import counted
    from recyclegan.poll.building import build_poll, question_about
    from recyclegan.poll.composing import Settings
    from recyclegan.poll.files import write
    from recyclegan.poll.page import render_page

    console = Console(highlight=False, soft_wrap=True)
    asks = given.question or question_about(sets.values())
    settings = Settings(asks, given.questions, given.attention, given.max_megabytes, given.seed)
    with counted(console, "Pictures") as on_progress:
        built = build_poll(sets, given.source, settings, on_progress)
    page = render_page(built.poll)
    given.out.mkdir(parents=True, exist_ok=True)
    write(given.out / "key.json", built.key)
    write(given.out / "poll.json", built.poll)
    write_atomically(given.out / "poll.html", page)
    for file in built.left_out:
        console.print(f"left out: {file}", markup=False)
    for note in built.notes:
        console.print(f"note: {note}", markup=False)
    num_asked = len(built.poll.ballots[0]) - len(built.key.checks)
    console.print(
        f"{given.out / 'poll.html'}: {len(page) / 1e6:.1f} MB, {len(sets)} sets, "
        f"{built.num_pictures} pictures, {num_asked} questions and {len(built.key.checks)} checks "
        f"a voter.\nSend the page to voters, or: recyclegan poll serve {given.out}\n"
        "Give key.json to nobody who votes.",
        markup=False,
    )
    return 1 if built.left_out else 0


def _sets(words: Sequence[str]) -> dict[str, Path]:
    sets: dict[str, Path] = {}
    for word in words:
        name, equals, folder = word.partition("=")
        if not (name.strip() and name.isprintable() and equals and folder) or name[0] == "-":
            raise UserError(f"--sets {word}: a name and a folder are wanted, as in mine=out/mine.")
        if name in sets:
            raise UserError(f"--sets {word}: there are two sets called {name}; rename one.")
        sets[name] = Path(folder)
    if len(sets) < 2:
        raise UserError("--sets: at least two sets are wanted, as in --sets ours=DIR theirs=DIR.")
    return sets


def _refuse_impossible(given: PollBuildArguments) -> None:
    if given.questions < 1:
        raise UserError(f"--questions {given.questions}: at least 1 is wanted.")
    if not 0 <= given.attention <= given.questions:
        raise UserError(
            f"--attention {given.attention}: between 0 and the number of questions "
            f"({given.questions}) is wanted."
        )
    if not given.max_megabytes >= MIN_MEGABYTES:
        raise UserError(
            f"--max-megabytes {given.max_megabytes}: at least {MIN_MEGABYTES} is wanted."
        )
    if given.question is not None and not given.question.strip():
        raise UserError("--question is empty: say what voters are asked.")
    if given.out.exists() and not given.out.is_dir():
        raise UserError(f"--out {given.out} is a file: name a folder.")
    votes = [*given.out.glob("votes-*.json"), *given.out.glob("votes.sqlite")]
    if votes:
        raise UserError(
            f"{given.out} holds votes on an earlier poll ({votes[0].name}), which its files are "
            "needed to score: choose another --out."
        )
    earlier = any((given.out / name).exists() for name in ("poll.json", "key.json", "poll.html"))
    if earlier and not given.overwrite:
        raise UserError(
            f"{given.out} holds a poll: choose another --out, or replace it with --overwrite "
            "(votes on it that people still hold could no longer be scored)."
        )
