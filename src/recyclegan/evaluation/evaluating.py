"""One set of translations, beside what costs nothing, in one record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recyclegan import ranks
from recyclegan.cluster.shares import Cluster
from recyclegan.data.manifest import BadFile
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import UserError
from recyclegan.evaluation.baselines import (
    BASELINES,
    REAL_HALVES,
    RECIPES,
    baselines_of,
    colours_of,
    make_baseline,
)
from recyclegan.evaluation.caveats import caveats
from recyclegan.evaluation.choosing import AUTO, Choice, choose
from recyclegan.evaluation.measuring import (
    Measured,
    References,
    measure_halves,
    measure_sets,
)
from recyclegan.evaluation.pictures import reference_of, unmeasured
from recyclegan.evaluation.recipes import recipe
from recyclegan.evaluation.record import (
    KIND,
    VERSION,
    differences_json,
    figure_json,
    figures_json,
    left_out_json,
    per_picture_json,
)
from recyclegan.evaluation.registry import Metric
from recyclegan.evaluation.sets import PictureSet, find_files, read_set
from recyclegan.metrics.colour_transfer import ColourStatistics

PAIRED = ("truth", "source", "recovered")
"""Folders whose pictures belong to translations of the same names."""


def evaluate(
    real: Path | str,
    fake: Path | str,
    *,
    truth: Path | str | None = None,
    source: Path | str | None = None,
    recovered: Path | str | None = None,
    metrics: Sequence[str] | None = None,
    extractor: str = AUTO,
    weights: Path | str | None = None,
    lpips: Sequence[str] = ("alex",),
    cache_dir: Path | str | None = None,
    seed: int = 0,
    measured: Mapping[str, Any] | None = None,
    stage: Stage = unseen,
    cluster: Cluster | None = None,
) -> dict[str, Any]:
    """Measure a folder of translations against a folder of real pictures of the target.

    Weights are looked for before any picture is read. Made twice, the record is the same.

    Args:
        real: real pictures of the target domain.
        fake: translations, of any sizes and modes.
        truth: the true version of each translation, by the same name without suffix.
        source: the picture that each translation was made of; brings the trivial rows.
        recovered: each translation translated back.
        metrics: figures that must be had; all that can be had where None.
        extractor: whose features are compared: `auto`, `inception`, `luminance` or one of timm's.
        weights: a directory of weights, or a file of the extractor's.
        lpips: networks of LPIPS: `alex`, `vgg` or both.
        cache_dir: where features are kept.
        seed: of resamples and of the halves of the real set.
        measured: what is known of the model that made the translations; goes into the recipes.
            What it translates `from` may bring the dark channel among the trivial rows.
        stage: told of the work as it goes on.
        cluster: what computes features, if not this process.

    Raises:
        UserError: a folder or a figure is not to be had; one sentence, with the way out.
    """
    given = {"real": real, "fake": fake, "truth": truth, "source": source, "recovered": recovered}
    folders = {flag: Path(folder) for flag, folder in given.items() if folder is not None}
    files = _find_all(folders)
    choice = choose(
        metrics,
        folders,
        extractor=extractor,
        weights=None if weights is None else Path(weights),
        lpips=lpips,
        cache_dir=None if cache_dir is None else Path(cache_dir),
    )
    choice.instruments.cluster = cluster
    sets = _read_all(folders, files, stage)
    choice = choice.fitting(_fewest(sets), asked=metrics is not None)
    baselines = baselines_of((measured or {}).get("from"))
    return evaluate_sets(
        sets, choice, baselines=baselines, seed=seed, measured=measured, stage=stage
    )


def _read_all(
    folders: Mapping[str, Path], files: Mapping[str, dict[str, Path]], stage: Stage
) -> dict[str, PictureSet]:
    sets = {}
    for flag, folder in folders.items():
        with stage(f"Reading {flag}") as on_progress:
            sets[flag] = read_set(folder, files[flag], on_progress=on_progress)
    return sets


def _find_all(folders: Mapping[str, Path]) -> dict[str, dict[str, Path]]:
    """Return the pictures of each folder; all but the real ones go by name where any does."""
    paired = any(flag in folders for flag in PAIRED)
    return {
        flag: find_files(flag, folder, paired=paired and flag != "real")
        for flag, folder in folders.items()
    }


def evaluate_sets(
    sets: Mapping[str, PictureSet],
    choice: Choice,
    *,
    baselines: Sequence[str] = BASELINES,
    colours: ColourStatistics | None = None,
    seed: int = 0,
    measured: Mapping[str, Any] | None = None,
    stage: Stage = unseen,
) -> dict[str, Any]:
    """Measure the set `fake` beside `real` and the others there are, as `evaluate` does.

    `colours` are what the colour transfer aims at, those of the real pictures where None.

    Raises:
        UserError: no translation has a partner in a set that it is to be paired with.
    """
    unmatched = _unmatched(sets)
    real, metrics = sets["real"], choice.metrics
    found = _measure(sets, choice, baselines, colours, seed, stage)
    ours = figures_json(found["fake"]) | figures_json(found.get("recovered", Measured()))
    rows = {name: found[name] for name in baselines if name in found}
    floor = measure_halves(real, choice.instruments, metrics, seed=seed)
    recipes = {
        metric.name: recipe(
            metric,
            choice.instruments,
            num_real=len(real),
            num_fake=len(sets["fake"]),
            seed=seed,
            measured=measured,
            notes=found["fake"].notes.get(metric.name),
        )
        for metric in metrics
    }
    return {
        "kind": KIND,
        "version": VERSION,
        "sets": {flag: pictures.as_json() for flag, pictures in sets.items()},
        "metrics": {m.name: ours[m.name] | {"recipe": recipes[m.name]} for m in metrics},
        "rows": {name: figures_json(row) for name, row in rows.items()}
        | {REAL_HALVES: {name: figure_json(figure) for name, figure in floor.items()}},
        "row_recipes": {name: RECIPES[name] for name in (*rows, REAL_HALVES)},
        "differences": {
            name: differences_json(found["fake"], row, metrics) for name, row in rows.items()
        },
        "per_picture": per_picture_json(found),
        "skipped": [*choice.skipped, *_skipped_rows(sets, baselines)],
        "left_out": left_out_json(_left_out(sets, metrics)),
        "unmatched": unmatched,
        "warnings": caveats(sets, metrics),
    }


def _measure(
    sets: Mapping[str, PictureSet],
    choice: Choice,
    baselines: Sequence[str],
    colours: ColourStatistics | None,
    seed: int,
    stage: Stage,
) -> dict[str, Measured]:
    """Measure the translations, each baseline, and what was translated back where there is any."""
    references = References(sets["real"], sets.get("truth"), sets.get("source"))
    forth = [metric for metric in choice.metrics if "recovered" not in metric.needs]
    back = [metric for metric in choice.metrics if metric not in forth]
    with _common_folder() as folder:
        rows = {"fake": sets["fake"]}
        if references.source is not None:
            partners = references.source.only(sets["fake"].names)
            target = colours or colours_of(references.real)
            for name in baselines:
                rows[name] = make_baseline(name, partners, target, folder / name)
        found = measure_sets(rows, references, choice.instruments, forth, seed=seed, stage=stage)
    if back:
        rows = {"recovered": sets["recovered"]}
        found |= measure_sets(rows, references, choice.instruments, back, seed=seed, stage=stage)
    return found


@contextmanager
def _common_folder() -> Iterator[Path]:
    """Yield a temporary folder, under torchrun one for all processes, deleted when all are done."""
    with TemporaryDirectory(prefix="recyclegan-") as own:
        folder = Path(ranks.from_first(own))
        if not folder.is_dir():
            raise UserError(f"{folder} is not seen by all machines: name one that is in TMPDIR.")
        yield folder
        ranks.gather(None)


def _fewest(sets: Mapping[str, PictureSet]) -> int:
    """Return the number of pictures in the smallest set that a figure of whole sets is taken of."""
    fake = sets["fake"]
    sides = [sets["real"], fake]
    if "source" in sets and (partners := sets["source"].only(fake.names)):
        sides.append(partners)
    return min(map(len, sides))


def _unmatched(sets: Mapping[str, PictureSet]) -> dict[str, list[str]]:
    """Return by flag the pictures without a partner: a translation wants one in every set."""
    fake = set(sets["fake"].names)
    lonely: set[str] = set()
    unmatched = {}
    for flag in PAIRED:
        if flag in sets:
            names = set(sets[flag].names)
            if not names & fake:
                raise UserError(
                    f"No picture in --fake {sets['fake'].path} has the name of one in --{flag} "
                    f"{sets[flag].path}: pictures are paired by name without suffix, so give a "
                    "translation the name of its source."
                )
            unmatched[flag] = sorted(names - fake)
            lonely |= fake - names
    return {"fake": sorted(lonely), **unmatched} if unmatched else {}


def _left_out(sets: Mapping[str, PictureSet], metrics: Sequence[Metric]) -> list[BadFile]:
    found = [file for pictures in sets.values() for file in pictures.bad]
    for flag in ("truth", "source"):
        if flag in sets:
            beside = [m for m in metrics if m.per_picture and reference_of(m) == flag]
            forth = [metric for metric in beside if "recovered" not in metric.needs]
            found += unmeasured(sets["fake"], flag, sets[flag], forth)
            if flag == "source" and "recovered" in sets:
                back = [metric for metric in beside if metric not in forth]
                found += unmeasured(sets["recovered"], flag, sets[flag], back)
    return found


def _skipped_rows(sets: Mapping[str, PictureSet], baselines: Sequence[str]) -> list[dict[str, str]]:
    if "source" in sets:
        return []
    return [{"metric": f"row {name}", "reason": "it needs --source"} for name in baselines]
