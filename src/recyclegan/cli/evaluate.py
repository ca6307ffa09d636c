"""`recyclegan evaluate`: a folder of translations in numbers, beside what costs nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from recyclegan import ranks
from recyclegan.cli.arguments import parse
from recyclegan.cli.cluster import Engine, cluster_of, require
from recyclegan.errors import UserError

STDOUT = Path("-")


@dataclass(frozen=True)
class EvaluateArguments:
    """Measure translations against real pictures, and where there are any against their truth."""

    real: Path
    """Folder of real pictures of the target domain."""
    fake: Path
    """Folder of translations."""
    truth: Path | None = None
    """Folder of the true versions, by the names of the translations."""
    source: Path | None = None
    """Folder of the pictures that were translated, by the same names; brings the trivial rows."""
    recovered: Path | None = None
    """Folder of the translations translated back, by the same names."""
    metrics: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME ...")] = ()
    """What must be measured; by default all that folders and weights allow."""
    extractor: str = "auto"
    """Whose features are compared: inception, luminance (needs no weights) or one of timm's."""
    weights: Path | None = None
    """A directory of weights, or the extractor's file; else RECYCLEGAN_WEIGHTS, torch hub's cache
    and a download are tried."""
    lpips: Literal["alex", "vgg", "both"] = "alex"
    """Network or networks of LPIPS."""
    cache: Path | None = None
    """Where features are kept; by default recyclegan/features in the user's cache."""
    seed: int = 0
    """Seed of the resamples and of the halves of the real pictures."""
    out: Path | None = None
    """The .json file to write; - for the standard output."""
    json: bool = False
    """Print the record as JSON instead of a table."""
    overwrite: bool = False
    """Replace the file if it is there."""
    engine: Engine = "local"
    """What computes features: this process, or workers of a Ray cluster. That is started on this
    machine, or found at RAY_ADDRESS."""


def main(args: Sequence[str]) -> int:
    """Evaluate; return 1 where a picture was left out and 0 otherwise."""
    given = parse(EvaluateArguments, args, "evaluate")
    require(given.engine)
    as_json = given.json or given.out == STDOUT
    out = None if given.out == STDOUT else given.out
    if out is None and not as_json:
        raise UserError("--out is missing: name a .json file for the record, or - to print it.")
    if out is not None:
        _refuse(out, given.overwrite)
    from functools import partial

    from rich.console import Console

    from recyclegan.atomic import write_json
    from recyclegan.cli.evaluation_table import print_evaluation
    from recyclegan.counting import counted
    from recyclegan.evaluation.evaluating import evaluate

    console = Console(stderr=as_json)
    with cluster_of(given.engine, console) as cluster:
        record = evaluate(
            given.real,
            given.fake,
            truth=given.truth,
            source=given.source,
            recovered=given.recovered,
            metrics=given.metrics or None,
            extractor=given.extractor,
            weights=given.weights,
            lpips=("alex", "vgg") if given.lpips == "both" else (given.lpips,),
            cache_dir=given.cache,
            seed=given.seed,
            measured=_maker(given.fake),
            stage=partial(counted, console),
            cluster=cluster,
        )
    if out is not None and ranks.is_first():
        write_json(out, record)
    if as_json:
        print(json.dumps(record, indent=2, allow_nan=False))
    else:
        print_evaluation(console, record)
        console.print(f"Record: {out}", highlight=False, markup=False, soft_wrap=True)
    return 1 if record["left_out"] else 0


def _refuse(out: Path, overwrite: bool) -> None:
    if out.is_dir() or not out.parent.is_dir():
        where = "is a folder" if out.is_dir() else f"lies in {out.parent}, which is no folder"
        raise UserError(f"--out {out} {where}: name a .json file in a folder that is there.")
    if out.exists() and not overwrite:
        raise UserError(f"--out {out} is there already: name another file, or add --overwrite.")


def _maker(fake_dir: Path) -> dict[str, Any]:
    """Return what `translate` left beside the translations about their model, if it did."""
    from recyclegan.translation.record import MODEL, read_record

    record = read_record(fake_dir)
    return {key: record[key] for key in MODEL if key in record}
