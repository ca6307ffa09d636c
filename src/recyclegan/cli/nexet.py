"""`recyclegan data nexet`: a dataset of the Nexet archive, by city and lighting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError


@dataclass(frozen=True)
class NexetArguments:
    """Make a dataset of the Nexet archive: the border cut off, resized, the centre kept, split."""

    src: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SRC")]
    """The archive's folder, with train.csv in it or one level below."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The dataset directory to make."""
    city: tuple[str, ...] = ("New York",)
    """Cities to take."""
    a: str = "Day"
    """Lighting of domain A."""
    b: str = "Night"
    """Lighting of domain B."""
    frame: str = "1280x720"
    """Only files of this size; `any` for all."""
    size: int = 256
    """Side of the square pictures in pixels; what is smaller is dropped."""
    format: Literal["png", "jpg"] = "png"
    """How pictures are written."""
    test_fraction: float = 0.2
    """Share held out as test pictures."""
    seed: int = 42
    """Seed of the split."""
    split: Literal["random", "near-duplicates", "cameras"] = "random"
    """Split at random, as the study did; or keep near-duplicates, or fixed cameras, together."""
    layout: Literal["folders", "lists"] = "folders"
    """trainA, trainB, testA, testB; or input_A, input_B with lists in CSV."""
    overwrite: bool = False
    """Replace a dataset that is already there."""


def main(args: Sequence[str]) -> int:
    """Make a dataset of the archive; return the exit status."""
    given = parse(NexetArguments, args, "data nexet")
    if given.a.lower() == given.b.lower():
        raise UserError(f"--a and --b are both {given.a}: choose two lightings.")
    from recyclegan.cli.prepare import run
    from recyclegan.data.nexet import nexet_sources
    from recyclegan.data.plan import Plan

    sources, notes = nexet_sources(given.src, cities=given.city, lightings=(given.a, given.b))
    plan = Plan(
        size=given.size,
        frame=_frame(given.frame),
        border=True,
        format=given.format,
        test_fraction=given.test_fraction,
        seed=given.seed,
        split=given.split,
        layout=given.layout,
    )
    domains = {"a": given.a.lower(), "b": given.b.lower()}
    return run(given.out, sources, domains, plan, notes=notes, overwrite=given.overwrite)


def _frame(text: str) -> tuple[int, int] | None:
    if text == "any":
        return None
    try:
        width, height = map(int, text.lower().split("x"))
    except ValueError:
        raise UserError(f"--frame {text} is no size: write 1280x720, or any.") from None
    return width, height
