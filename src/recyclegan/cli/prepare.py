"""`recyclegan data prepare`: a dataset of two folders of pictures of any kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse

if TYPE_CHECKING:
    from recyclegan.data.plan import Plan, Source


@dataclass(frozen=True)
class PrepareArguments:
    """Make a dataset of two folders: resized, the centre kept, split."""

    a_dir: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="A_DIR")]
    """Pictures of domain A."""
    b_dir: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="B_DIR")]
    """Pictures of domain B."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The dataset directory to make."""
    size: int = 256
    """Side of the square pictures in pixels; 0 keeps pictures as they are."""
    cut_border: bool = False
    """Cut off black rows and columns around the picture."""
    format: Literal["png", "jpg"] = "png"
    """How pictures are written."""
    test_fraction: float = 0.2
    """Share held out as test pictures."""
    seed: int = 42
    """Seed of the split."""
    split: Literal["near-duplicates", "cameras", "random"] = "near-duplicates"
    """Keep near-duplicates on one side; or whole fixed cameras, by day and night; or nothing."""
    groups: Path | None = None
    """A table with columns file_name and group: pictures of one group stay on one side."""
    layout: Literal["folders", "lists"] = "folders"
    """trainA, trainB, testA, testB; or input_A, input_B with lists in CSV."""
    overwrite: bool = False
    """Replace a dataset that is already there."""


def main(args: Sequence[str]) -> int:
    """Make a dataset of two folders; return the exit status."""
    given = parse(PrepareArguments, args, "data prepare")
    from recyclegan.data.own_folders import folder_sources, read_groups
    from recyclegan.data.plan import Plan

    sources, domains, notes = folder_sources(given.a_dir, given.b_dir)
    plan = Plan(
        size=given.size,
        border=given.cut_border,
        format=given.format,
        test_fraction=given.test_fraction,
        seed=given.seed,
        split=given.split,
        layout=given.layout,
    )
    groups = read_groups(given.groups, sources) if given.groups else None
    return run(
        given.out, sources, domains, plan, groups=groups, notes=notes, overwrite=given.overwrite
    )


def run(
    out: Path,
    sources: Mapping[str, Source],
    domains: Mapping[str, str],
    plan: Plan,
    *,
    groups: Mapping[str, int] | None = None,
    notes: Sequence[str],
    overwrite: bool,
) -> int:
    """Prepare, print the tables; return 1 if some files could not be read, 0 otherwise."""
    from functools import partial

    from rich.console import Console

    from recyclegan.cli.preparation_tables import print_dropped, print_split
    from recyclegan.counting import counted
    from recyclegan.data.preparing import REMARKS, prepare

    console = Console()
    prepared = prepare(
        out,
        sources,
        domains,
        plan,
        groups=groups,
        notes=notes,
        overwrite=overwrite,
        stage=partial(counted, console),
    )
    print_dropped(console, prepared.outcomes)
    for name, keys in prepared.remarks.items():
        if keys:
            console.print(
                f"{len(keys):,} kept files {REMARKS[name]}, for example {keys[0]}; "
                f"{out}/preparation.json lists them.",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
    print_split(console, prepared.counts)
    for note in notes:
        console.print(f"Note: {note}.", highlight=False, markup=False, soft_wrap=True)
    console.print(f"Pictures in {out}.", highlight=False, soft_wrap=True)
    return int(any(o.dropped == "cannot be read" for o in prepared.outcomes.values()))
