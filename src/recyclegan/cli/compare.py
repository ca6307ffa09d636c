"""`recyclegan compare`: many sets of translations beside the real pictures and each other."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class CompareArguments:
    """Compare 3 to 50 sets of translations: figures, matrices, maps, tables and a page."""

    real: Path
    """Real pictures of the domain that was translated to."""
    sets: tuple[str, ...]
    """NAME=DIR of each set, all after one --sets."""
    out: Path
    """Where comparison.json, report.html, the tables and the figures go."""
    source: Path | None = None
    """The pictures that were translated, of the same names; brings the trivial baselines."""
    truth: Path | None = None
    """The true versions of the translations, of the same names."""
    run: tuple[str, ...] = ()
    """NAME=RUN of the trainings of sets, for their curves and costs."""
    extractor: str = "auto"
    """Whose features are compared: auto, inception, luminance, or a network that timm knows."""
    weights: Path | None = None
    """A directory of weights, or the file of the extractor's; else RECYCLEGAN_WEIGHTS, torch hub's
    cache and a download are tried."""
    lpips: Literal["alex", "vgg"] = "alex"
    """The network that LPIPS looks through."""
    cache: Path | None = None
    """Where features are kept; by default in the user's cache."""
    seed: int = 0
    """Seed of the resamples, of the real halves and of t-SNE."""
    json: bool = False
    """Print the record instead of a table."""
    overwrite: bool = False
    """Replace an earlier comparison in --out."""


def main(args: Sequence[str]) -> int:
    """Compare; return 0 where all pictures could be used and 1 where some were left out."""
    given = parse(CompareArguments, args, "compare")
    for flag in ("--sets", "--run"):
        if args.count(flag) > 1:
            raise UserError(f"{flag} is there twice; give all NAME=DIR after one {flag}.")
    from functools import partial

    from rich.console import Console

    from recyclegan.comparison.comparing import compare
    from recyclegan.comparison.request import Request
    from recyclegan.comparison.sets import named_folders
    from recyclegan.comparison.writing import PAGE, check_place, write_comparison
    from recyclegan.counting import counted
    from recyclegan.report.comparison_page import write_comparison_page

    console = Console(stderr=given.json)
    request = Request(
        real=given.real,
        sets=named_folders("--sets", given.sets),
        source=given.source,
        truth=given.truth,
        runs=named_folders("--run", given.run),
        extractor=given.extractor,
        weights=given.weights,
        lpips=given.lpips,
        cache_dir=given.cache,
        seed=given.seed,
        command=shlex.join(["recyclegan", "compare", *args]),
    )
    request.check()
    check_place(given.out, request, overwrite=given.overwrite)
    stage = partial(counted, console)
    comparison = compare(request, given.out, stage=stage)
    write_comparison(comparison, given.out, stage=stage)
    write_comparison_page(given.out / PAGE, comparison, given.out)
    if given.json:
        print(json.dumps(comparison, indent=2, allow_nan=False))
    else:
        _print(console, comparison)
        console.print(f"Open {given.out / PAGE} in a browser.", markup=False, soft_wrap=True)
    return 1 if comparison["left_out"] else 0


def _print(console: Console, comparison: Mapping[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from recyclegan.evaluation.registry import describe

    for name, metric in comparison["metrics"].items():
        unit = f", {metric['unit']}" if metric["unit"] else ""
        better = f", {metric['better']} is better" if metric["better"] else ""
        console.print(Text(f"{metric['title']}{unit}{better}", style="bold"))
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 2))
        for entry in comparison["sets"]:
            figure = comparison["figures"].get(entry["name"], {}).get(name)
            if figure:
                title = "real, half against half" if entry["role"] == "real" else entry["name"]
                table.add_row(Text(title), *_cells(figure, describe(name).digits))
        console.print(table)
    flags = [flag for entry in comparison["sets"] for flag in entry["flags"]]
    for note in (*flags, *comparison["warnings"]):
        console.print(Text(f"note: {note}"), soft_wrap=True)
    for row in comparison["skipped"]:
        console.print(Text(f"skipped {row['metric']}: {row['reason']}"), soft_wrap=True)
    for file in comparison["left_out"]:
        console.print(Text(f"left out: {file['path']} ({file['reason']})"), soft_wrap=True)


def _cells(figure: Mapping[str, Any], digits: int) -> tuple[str, str]:
    if figure["value"] is None:
        return "–", ""
    span = " to ".join(f"{end:.{digits}f}" for end in figure["interval"] or ())
    return f"{figure['value']:.{digits}f}", span
