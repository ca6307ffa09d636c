"""What a dataset is to be made of, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Literal

from recyclegan.errors import UserError

SIZES = (16, 4096)
"""Smallest and largest side in pixels."""

SplitBy = Literal["near-duplicates", "cameras", "random"]


@dataclass(frozen=True)
class Source:
    """A file to make a picture of: where it is, `a` or `b`, and its name without an ending."""

    path: Path
    domain: str
    name: str
    dropped: str | None = None
    """Why it is dropped unread, if it is."""
    detail: str = ""
    """What else is to be listed about that."""


@dataclass(frozen=True)
class Plan:
    """How pictures are made and split; a `size` of 0 keeps them as large as they are."""

    size: int = 256
    frame: tuple[int, int] | None = None
    """Width and height that a file must have."""
    border: bool = False
    """Whether the black border is cut off."""
    format: Literal["png", "jpg"] = "png"
    test_fraction: float = 0.2
    seed: int = 42
    split: SplitBy = "near-duplicates"
    """What stays on one side of the split."""
    layout: Literal["folders", "lists"] = "folders"


def check_plan(plan: Plan) -> None:
    """Pass if a plan can be carried out.

    Raises:
        UserError: A number is out of range; names its flag.
    """
    if plan.size and not SIZES[0] <= plan.size <= SIZES[1]:
        raise UserError(f"--size {plan.size} is out of range: 0, or {SIZES[0]} to {SIZES[1]}.")
    if plan.seed < 0:
        raise UserError(f"--seed {plan.seed} is negative: give 0 or more.")
    if not 0 <= plan.test_fraction < 1:
        raise UserError(f"--test-fraction {plan.test_fraction:g} is not in [0, 1).")


def with_own_names(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return the sources so that no two pictures of a domain have one name, in any case.

    A later one gets its file's ending into the name, then a number: x.png beside x.jpg is x_png.
    """
    taken: set[tuple[str, str]] = set()
    named: dict[str, Source] = {}
    for key, source in sources.items():
        own = source.name
        if not source.dropped:
            ending = f"{own}_{source.path.suffix[1:].lower()}"
            others = chain((own, ending), (f"{ending}_{number}" for number in count(2)))
            own = next(n for n in others if (source.domain, n.lower()) not in taken)
            taken.add((source.domain, own.lower()))
        named[key] = replace(source, name=own)
    return named
