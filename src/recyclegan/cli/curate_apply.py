"""`recyclegan curate apply`: leave out what was dropped in the review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class CurateApplyArguments:
    """Write lists of what is kept, which training then follows; no picture is deleted or moved.

    Near-duplicates, also across the two domains, end on one side of the split.
    """

    data: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DATA")]
    """The dataset directory that was curated."""
    decisions: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DECISIONS")]
    """The decisions.json that the review page saved."""
    findings: Path | None = None
    """The curation.json that the page was made from; by default in the folder DATA-curation."""
    split: Literal["keep", "new"] = "keep"
    """Keep the split but for groups that lie on both sides, or draw all groups anew."""
    test_fraction: float = 0.2
    """Share of each domain to hold out, where the split is drawn."""
    seed: int = 0
    """Seed of the drawing."""
    overwrite: bool = False
    """Replace filtered lists that are already there."""


def main(args: Sequence[str]) -> int:
    """Apply decisions; return the exit status."""
    given = parse(CurateApplyArguments, args, "curate apply")
    from rich.console import Console

    from recyclegan.cli.preparation_tables import print_split
    from recyclegan.curation.applying import apply_decisions
    from recyclegan.curation.decisions import read_decisions
    from recyclegan.curation.findings import read_findings

    console = Console()
    data = given.data.resolve()
    place = given.findings or data.with_name(f"{data.name}-curation") / "curation.json"
    applied = apply_decisions(
        given.data,
        read_findings(place),
        read_decisions(given.decisions),
        split=given.split,
        test_fraction=given.test_fraction,
        seed=given.seed,
        overwrite=given.overwrite,
    )
    print_split(console, applied.counts)
    dropped = ", ".join(f"{count:,} of {name}" for name, count in applied.num_dropped.items())
    console.print(
        f"Left out: {dropped}. {applied.num_moved:,} kept pictures changed sides, so that "
        "near-duplicates are together.\n"
        f"Lists: {', '.join(path.name for path in applied.lists)} in {given.data}; training reads "
        "them from now on. Delete them to have everything back.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return 0
