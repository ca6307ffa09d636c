"""All that a study has found, in summary.json and report.html, made of what lies in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_json
from recyclegan.data.finding import find_domains
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import UserError
from recyclegan.evaluation.baselines import BASELINES, RECIPES
from recyclegan.metrics.resampling import LEVEL, NUM_RESAMPLES
from recyclegan.report.study_page import write_study_page
from recyclegan.study.comparisons import compare_variants
from recyclegan.study.plan import Plan
from recyclegan.study.results import FAILED, Line, Results
from recyclegan.study.samples import samples
from recyclegan.study.studying import BASELINES_FILE, RESULTS, check_same
from recyclegan.study.tables import make_table

SUMMARY, PAGE = "summary.json", "report.html"
KIND, VERSION = "study", 1
INTERVALS = (
    f"{LEVEL:.0%} intervals. In each of {NUM_RESAMPLES:,} resamples the test pictures are drawn "
    "again, the same for all variants, and of each variant as many trainings as it has, by "
    "themselves. The draw of S trainings is stretched by sqrt(S / (S - 1)), and the quantiles of "
    "the resamples by Student's t over the normal one, with Satterthwaite's degrees of freedom of "
    "pictures and seeds."
)


def write_summary(plan: Plan, out: Path, *, stage: Stage = unseen) -> dict[str, Any]:
    """Write and return the summary, its page, and a comparison for each table.

    Raises:
        UserError: there is no result in `out` yet, or they are of another study.
    """
    results = Results(out / RESULTS)
    check_same(plan, results, out)
    lines = [line for one in plan.trainings if (line := results.done(one.key))]
    if not lines:
        failed = next((line for line in results if line["state"] == FAILED), None)
        why = f" ({failed['key']}: {failed['error']})" if failed else ""
        raise UserError(f"{out} holds no result of {plan.name} yet{why}; run the study first.")
    baselines = _read_baselines(out)
    labels = dict.fromkeys(training.length.label for training in plan.trainings)
    tables: list[dict[str, Any]] = []
    sources = []
    for data, budget, direction in product(plan.data, labels, ("a2b", "b2a")):
        found = _by_variant(plan, lines, data, budget, direction)
        if found:
            tables.append(_table(plan, found, direction, baselines, out))
            sources.append((found, direction, out / "pictures" / data))
    failures = [line for one in plan.trainings if (line := results.get(one.key))]
    summary = {
        "kind": KIND,
        "version": VERSION,
        "name": plan.name,
        "reference": plan.reference,
        "trainings": {
            "wanted": len(plan.trainings),
            "done": len(lines),
            "failed": [
                {"key": line["key"], "error": line["error"]}
                for line in failures
                if line["state"] == FAILED
            ],
        },
        "jobs": sorted({line["machine"]["jobs"] for line in lines}),
        "extractors": sorted({line["extractor"] for line in lines}),
        "intervals": INTERVALS,
        "baselines": {name: RECIPES[name] for name in BASELINES},
        "tables": tables,
        "commands": {line["key"]: line["command"] for line in lines},
    }
    # The page first: comparisons take minutes, and whoever cuts them has all else.
    _write(summary, out)
    for table, source in zip(tables, sources, strict=True):
        table["comparison"] = compare_variants(*source, out, stage=stage)
    _write(summary, out)
    return summary


def _write(summary: Mapping[str, Any], out: Path) -> None:
    write_json(out / SUMMARY, summary)
    write_study_page(out / PAGE, summary, out)


def _table(
    plan: Plan,
    lines: Mapping[str, list[Line]],
    direction: str,
    baselines: Mapping[str, Any],
    out: Path,
) -> dict[str, Any]:
    first = next(iter(lines.values()))[0]
    free = [*baselines.get(first["data"], {}).get(direction, {})]
    num_seeds = len({training.seed for training in plan.trainings})
    table = make_table(lines, free, direction, plan.reference, num_seeds, out)
    pictures = out / "pictures" / first["data"]
    folder = plan.data[first["data"]].folder or out / "data" / first["data"]
    a, b, _ = find_domains([Path(folder)])
    names = {"a": a.name, "b": b.name}
    return table | {
        "from": names[direction[0]],
        "to": names[direction[2]],
        "samples": samples(lines, direction, pictures, out),
        "comparison": {"none": "it was not made yet"},
    }


def _by_variant(
    plan: Plan, lines: list[Line], data: str, budget: str, direction: str
) -> dict[str, list[Line]]:
    """Return the lines of one table by variant, in the order of the file."""
    found: dict[str, list[Line]] = {name: [] for name in plan.names}
    for line in lines:
        if (line["data"], line["budget"]) == (data, budget) and direction in line["directions"]:
            found[line["name"]].append(line)
    return {name: some for name, some in found.items() if some}


def _read_baselines(out: Path) -> dict[str, Any]:
    path = out / BASELINES_FILE
    return json.loads(path.read_text())["data"] if path.is_file() else {}
