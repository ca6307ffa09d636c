"""The record of a comparison: strict JSON, the same whenever it is made again."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recyclegan.comparison.cautions import caution
from recyclegan.comparison.costs import read_curves, set_cost
from recyclegan.comparison.findings import Findings
from recyclegan.comparison.material import Material
from recyclegan.comparison.matrices import draw_maps
from recyclegan.comparison.perceptual import MAX_REAL
from recyclegan.comparison.protocol import flag_unlike
from recyclegan.comparison.rankings import rank_pairs
from recyclegan.comparison.request import Request
from recyclegan.comparison.samples import at_percentiles, grid_of
from recyclegan.comparison.sets import REAL, ComparedSet
from recyclegan.evaluation.baselines import REAL_HALVES, RECIPES
from recyclegan.evaluation.pictures import reference_of, unmeasured
from recyclegan.evaluation.recipes import recipe
from recyclegan.evaluation.record import figure_json, figures_json, left_out_json
from recyclegan.evaluation.registry import describe
from recyclegan.metrics.resampling import LEVEL
from recyclegan.translation.record import common_domains

KIND, VERSION = "comparison", 1


def record(request: Request, findings: Findings) -> dict[str, Any]:
    """Return what comparison.json holds."""
    material, choice, measured = findings.material, findings.choice, findings.measured
    differences = {
        metric.name: rank_pairs(material.judged, measured, metric) for metric in choice.metrics
    }
    maps = {
        name: drawn
        for name, matrix in findings.matrices.items()
        if (drawn := draw_maps(matrix, seed=request.seed))
    }
    return {
        "kind": KIND,
        "version": VERSION,
        "title": _title(material, request),
        "sets": [
            _describe(one, material.sets, request) for one in (material.real, *material.judged)
        ],
        "metrics": _metrics(request, findings),
        "figures": {
            REAL: {name: figure_json(figure) for name, figure in findings.halves.items()},
            **{label: figures_json(one) for label, one in measured.items()},
        },
        "differences": differences,
        "matrices": {name: matrix.as_json() for name, matrix in findings.matrices.items()},
        "distributions": dict(findings.seen.distributions) if findings.seen else {},
        "maps": maps,
        "samples": _samples(findings),
        "curves": read_curves(request.runs),
        "skipped": _skipped(findings, request.lpips),
        "left_out": _left_out(findings),
        "warnings": caution(material, choice.metrics, differences, maps),
        "recipe": _recipe(request, findings),
        "command": request.command,
    }


def _title(material: Material, request: Request) -> str:
    title = f"{len(material.sets)} sets beside {request.real.resolve().name}"
    domains = common_domains(one.record for one in material.sets)
    return f"{' → '.join(domains)}: {title}" if domains else title


def _describe(one: ComparedSet, sets: tuple[ComparedSet, ...], request: Request) -> dict[str, Any]:
    is_set = one.role == "set"
    return {
        "name": one.name,
        "role": one.role,
        **one.pictures.as_json(),
        "cost": set_cost(one, request.runs.get(one.name)) if is_set else None,
        "flags": [] if one.role == "real" else flag_unlike(one, sets),
    }


def _metrics(request: Request, findings: Findings) -> dict[str, Any]:
    num_real = findings.material.real.num
    num_fake = findings.material.sets[0].num
    notes = findings.measured[findings.material.sets[0].name].notes
    return {
        metric.name: {
            "title": metric.title,
            "unit": metric.unit,
            "better": metric.better,
            "says": metric.says,
            "recipe": recipe(
                metric,
                findings.choice.instruments,
                num_real=num_real,
                num_fake=num_fake,
                seed=request.seed,
                notes=notes.get(metric.name),
            ),
        }
        for metric in findings.choice.metrics
    }


def _samples(findings: Findings) -> dict[str, Any]:
    """Return pictures at percentiles of LPIPS, to the truth where there is one, and a grid."""
    material, seen = findings.material, findings.seen
    percentiles: dict[str, Any] = {}
    by = None
    for one in material.judged:
        scores = findings.measured[one.name].scores
        if seen is None:
            continue
        if seen.name in scores and np.isfinite(scores[seen.name]).any():
            by, values = describe(seen.name).title, scores[seen.name]
        else:
            by, values = "mean LPIPS to the real pictures", _mean(seen.distances.to_real[one.name])
        percentiles[one.name] = at_percentiles(one, values, material.references.get("source"))
    return {
        "by": by,
        "percentiles": percentiles,
        "grid": grid_of(material.sets, material.references),
    }


def _mean(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row's numbers; a set of real pictures has one NaN in each."""
    return np.array([row[np.isfinite(row)].mean() for row in distances])


def _skipped(findings: Findings, net: str) -> list[dict[str, str]]:
    lacking = {
        "metric": f"LPIPS distributions and maps (lpips_{net})",
        "reason": f"weights of lpips_{net} are not at hand; name a directory with --weights",
    }
    return [*findings.choice.skipped, *([] if findings.seen else [lacking])]


def _left_out(findings: Findings) -> list[dict[str, str]]:
    material = findings.material
    files = list(material.bad)
    for flag, reference in material.references.items():
        single = [m for m in findings.choice.metrics if m.per_picture and reference_of(m) == flag]
        for one in material.sets:
            files += unmeasured(one.pictures, flag, reference, single)
    return left_out_json(files)


def _recipe(request: Request, findings: Findings) -> dict[str, Any]:
    seen = findings.seen
    return {
        "seed": request.seed,
        "level": LEVEL,
        "baselines": {one.name: RECIPES[one.name] for one in findings.material.baselines},
        REAL: RECIPES[REAL_HALVES],
        "lpips": {
            **seen.network.identity,
            "size": "{}x{}".format(*seen.distances.size),
            "resize": f"bicubic, of {seen.distances.num_resized} pictures of another size",
            "real": f"{seen.distances.num_held} of at most {MAX_REAL}, by content hash",
        }
        if seen
        else None,
        "maps": {
            "mds": "metric, SMACOF from the classical solution; stress is Kruskal's stress-1",
            "tsne": "exact, from the MDS map; no scale of its own",
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "scikit-learn", "Pillow")},
        },
    }
