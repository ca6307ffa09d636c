"""A study's tables: for each data set, budget and direction, all variants beside the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from recyclegan.evaluation.measuring import judge
from recyclegan.evaluation.record import figure_json
from recyclegan.evaluation.registry import describe
from recyclegan.metrics.resampling import Figure
from recyclegan.report.comparison_words import headline_metrics
from recyclegan.study.cautions import table_cautions
from recyclegan.study.measuring import figures_path
from recyclegan.study.results import Line, read_figures
from recyclegan.study.uncertainty import SeedMean, mean_over_seeds, subtract_means
from recyclegan.study.words import state_findings

COSTS = ("steps", "images", "seconds", "seconds_a_step")
Means = Mapping[str, SeedMean]


def make_table(
    lines: Mapping[str, Sequence[Line]],
    baselines: Sequence[str],
    direction: str,
    reference: str,
    num_seeds: int,
    out: Path,
) -> dict[str, Any]:
    """Return one table as plain JSON.

    Args:
        lines: the results of each variant that has this direction, a line a seed.
        baselines: the names of what costs nothing.
        direction: "a2b" or "b2a".
        reference: the variant that differences are taken from.
        num_seeds: how many trainings of each variant the study wants.
        out: the study's folder.
    """
    first = next(iter(lines.values()))[0]
    means = {
        name: _means([one["key"] for one in some], direction, name, out)
        for name, some in lines.items()
    }
    free = {name: _means([f"{first['data']}/{name}"], direction, name, out) for name in baselines}
    metrics = [name for name in first["directions"][direction] if name in means[first["name"]]]
    rows = [_variant_row(name, some, means[name]) for name, some in lines.items()]
    rows += [
        {"name": name, "role": "baseline", "figures": _figures(one)} for name, one in free.items()
    ]
    everyone = {**means, **free}
    for row in rows:
        row["differences"] = (
            _differences(everyone[row["name"]], means[reference], metrics)
            if reference in means and row["name"] != reference
            else {}
        )
    table = {
        "data": first["data"],
        "budget": first["budget"],
        "direction": direction,
        "reference": reference if reference in means else None,
        "num_seeds": num_seeds,
        "metrics": {name: _metric(name) for name in metrics},
        "headlines": headline_metrics({"metrics": dict.fromkeys(metrics)}),
        "rows": rows,
        "best": {name: best for name in metrics if (best := _best(means, name))},
    }
    table["findings"] = state_findings(table)
    table["cautions"] = table_cautions(lines, table)
    return table


def _means(keys: Sequence[str], direction: str, label: str, out: Path) -> dict[str, SeedMean]:
    found = [read_figures(figures_path(out, key, direction)) for key in keys]
    names = dict.fromkeys(name for figures in found for name in figures)
    means = {
        name: mean_over_seeds([figures[name] for figures in found if name in figures], label)
        for name in names
    }
    return {name: mean for name, mean in means.items() if mean is not None}


def _variant_row(name: str, lines: Sequence[Line], means: Means) -> dict[str, Any]:
    first = lines[0]
    return {
        "name": name,
        "role": "variant",
        "variant": first["variant"],
        "set": first["set"],
        "seeds": [line["seed"] for line in lines],
        "generator_parameters": first["generator_parameters"],
        "discriminator_parameters": first["discriminator_parameters"],
        **{cost: fmean(line[cost] for line in lines) for cost in COSTS},
        "figures": _figures(means),
    }


def _figures(means: Means) -> dict[str, Any]:
    return {
        name: {
            "value": mean.value,
            "interval": None if mean.interval is None else list(mean.interval),
            "num": mean.num,
            "seeds": [figure.value for figure in mean.figures],
        }
        for name, mean in means.items()
    }


def _differences(ours: Means, theirs: Means, metrics: Sequence[str]) -> dict[str, Any]:
    gaps = {
        name: subtract_means(ours[name], theirs[name])
        for name in metrics
        if name in ours and name in theirs
    }
    return {name: figure_json(gap) | {"verdict": _verdict(gap, name)} for name, gap in gaps.items()}


def _verdict(gap: Figure, name: str) -> str:
    return judge(gap, describe(name))


def _best(means: Mapping[str, Means], metric: str) -> dict[str, Any] | None:
    """Return the variant with the best mean, and those that are not clearly behind it."""
    better = describe(metric).better
    known = {name: one[metric] for name, one in means.items() if metric in one}
    if better is None or len(known) < 2:
        return None
    choose = min if better == "lower" else max
    best = choose(known, key=lambda name: known[name].value)
    level = [
        name
        for name, mean in known.items()
        if name != best and _verdict(subtract_means(mean, known[best]), metric) != "worse"
    ]
    return {"name": best, "level": level}


def _metric(name: str) -> dict[str, Any]:
    metric = describe(name)
    return {
        "title": metric.title,
        "unit": metric.unit,
        "better": metric.better,
        "says": metric.says,
        "digits": metric.digits,
    }
