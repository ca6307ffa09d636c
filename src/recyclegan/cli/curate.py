"""`recyclegan curate`: what is alike, odd, dark or blurred in a dataset, and the review page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from recyclegan import ranks
from recyclegan.cli.arguments import parse
from recyclegan.cli.cluster import Engine, cluster_of, require
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.curation.curating import Curated


@dataclass(frozen=True)
class CurateArguments:
    """Look through a dataset: near-duplicates, clusters, outliers, dark and blurred pictures."""

    data: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DATA")]
    """The dataset directory; nothing in it is changed."""
    out: Path | None = None
    """Where the result goes; by default beside the dataset, as its name with -curation."""
    features: str = "resnet18"
    """What pictures are compared by: a network that timm knows, or luminance (needs no weights)."""
    features_a: str | None = None
    """Other features for domain A."""
    features_b: str | None = None
    """Other features for domain B."""
    weights: Path | None = None
    """Weights of the network, or a directory of them; else RECYCLEGAN_WEIGHTS, torch hub's cache
    and a download are tried."""
    clusters: int = 20
    """Clusters of each domain."""
    num_pairs: int = 200
    """Nearest pairs of each domain to show."""
    seed: int = 0
    """Seed of the clusters, and of the split where the dataset has none."""
    review: bool = True
    """Make the review page."""
    json: bool = False
    """Print a summary as JSON instead of tables."""
    overwrite: bool = False
    """Replace a result that was made with other settings."""
    engine: Engine = "local"
    """What computes features: this process, or workers of a Ray cluster. That is started on this
    machine, or found at RAY_ADDRESS."""


def main(args: Sequence[str]) -> int:
    """Curate a dataset; return the exit status."""
    given = parse(CurateArguments, args, "curate")
    require(given.engine)
    for flag, value in (("--clusters", given.clusters), ("--num-pairs", given.num_pairs)):
        if value < 1:
            raise UserError(f"{flag} {value}: at least 1 is wanted.")
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise UserError("curate needs scikit-learn: pip install 'recyclegan[curate]'.") from None
    from functools import partial

    from rich.console import Console

    from recyclegan.counting import counted
    from recyclegan.curation.curating import Settings, curate, recipe
    from recyclegan.curation.features import curation_extractor
    from recyclegan.curation.findings import write_findings
    from recyclegan.curation.overview import cluster_overview
    from recyclegan.images.listing import require_folder

    console = Console(stderr=given.json)
    require_folder(given.data)
    data_dir = given.data.resolve()
    out_dir = given.out or data_dir.with_name(f"{data_dir.name}-curation")
    if out_dir.resolve() == data_dir or data_dir in out_dir.resolve().parents:
        raise UserError(f"--out {out_dir} lies in the dataset: choose a folder outside it.")
    names = (given.features_a or given.features, given.features_b or given.features)
    loaded = {name: curation_extractor(name, given.weights) for name in dict.fromkeys(names)}
    extractors = [loaded[name] for name in names]
    settings = Settings(given.clusters, num_pairs=given.num_pairs, seed=given.seed)
    result_path = out_dir / "curation.json"
    if not given.overwrite:
        _refuse_other_settings(result_path, recipe(extractors, settings))

    stage = partial(counted, console)
    with cluster_of(given.engine, console) as cluster:
        curated = curate(data_dir, out_dir / "features", extractors, settings, stage, cluster)
    if not ranks.is_first():
        return 0
    findings = curated.findings
    out_dir.mkdir(parents=True, exist_ok=True)
    write_findings(findings, result_path)
    for letter, found in (("a", findings.a), ("b", findings.b)):
        cluster_overview(found, data_dir).save(out_dir / f"clusters_{letter}.png")
    if given.review:
        from recyclegan.curation.review import write_review

        with stage("Review page") as on_progress:
            write_review(out_dir / "review.html", findings, data_dir, on_progress=on_progress)
    if given.json:
        print(json.dumps({"out": str(out_dir), **_summary(curated)}, indent=2, allow_nan=False))
    else:
        _print(console, replace(given, out=out_dir), curated)
    return 0


def _refuse_other_settings(path: Path, wanted: dict[str, object]) -> None:
    from recyclegan.curation.findings import read_findings

    if path.exists() and read_findings(path).recipe != wanted:
        raise UserError(
            f"{path} was made with other settings: choose another --out, or replace it with "
            "--overwrite (features are kept either way)."
        )


def _summary(curated: Curated) -> dict[str, object]:
    from recyclegan.curation.summary import summarise

    findings = curated.findings
    return {
        "data": findings.data,
        "a": asdict(summarise(findings.a)),
        "b": asdict(summarise(findings.b)),
        "bad": [{"path": str(file.path), "reason": file.reason} for file in curated.bad],
        "notes": list(curated.notes),
    }


def _print(console: Console, given: CurateArguments, curated: Curated) -> None:
    from rich.table import Table
    from rich.text import Text

    from recyclegan.curation.summary import summarise

    findings = curated.findings
    table = Table("", box=None, pad_edge=False)
    for found in (findings.a, findings.b):
        table.add_column(Text(found.name), overflow="fold")
    columns = [asdict(summarise(found)) for found in (findings.a, findings.b)]
    for key in columns[0]:
        label = key.removeprefix("num_").replace("_", " ")
        table.add_row(label, *(Text(f"{column[key]}") for column in columns))
    console.print(table)
    for file in curated.bad:
        console.print(Text(f"left out: {file.path} ({file.reason})"), soft_wrap=True)
    for note in curated.notes:
        console.print(Text(f"note: {note}"), soft_wrap=True)
    step = (
        f"Open {given.out}/review.html in a browser, then: recyclegan curate apply "
        f"{given.data} decisions.json"
        if given.review
        else f"Result in {given.out}/curation.json"
    )
    console.print(step, highlight=False, soft_wrap=True, markup=False)
