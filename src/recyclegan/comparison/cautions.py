"""What a reader of a comparison ought to know first, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recyclegan.comparison.material import Material
from recyclegan.comparison.rankings import UNLIKE
from recyclegan.evaluation.caveats import caveats
from recyclegan.evaluation.registry import Metric
from recyclegan.metrics.resampling import LEVEL

POOR_STRESS = 0.2
"""Kruskal 1964 calls a map with more stress poor."""


def caution(
    material: Material,
    metrics: Sequence[Metric],
    differences: Mapping[str, Sequence[Mapping[str, Any]]],
    maps: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Return what is doubtful about the sets, their ranking and the maps."""
    better = {metric.name for metric in metrics if metric.better}
    ranked = [p for name in better for p in differences[name] if p["interval"]]
    by_chance = round(len(ranked) * (1 - LEVEL))
    return [
        *_of_sets(material, metrics),
        *_without_partner(material),
        *(
            f"{one.name} was not made like the others, so it is not ranked against them."
            for one in material.sets
            if _is_alone(one.name, ranked)
        ),
        *(
            [
                f"Of {len(ranked):,} differences, about {by_chance:,} would look clear by chance "
                "alone if no set differed from another."
            ]
            if by_chance
            else []
        ),
        *(
            f"The flat map of {name} has a stress of {drawn['mds2']['stress']:.2f}, which is poor: "
            "read distances in the matrix."
            for name, drawn in maps.items()
            if drawn["mds2"]["stress"] > POOR_STRESS
        ),
    ]


def _of_sets(material: Material, metrics: Sequence[Metric]) -> list[str]:
    """Return what is doubtful about single sets, each sentence once."""
    found: dict[str, list[str]] = {}
    for one in material.sets:
        sets = {"real": material.real.pictures, "fake": one.pictures, **material.references}
        for sentence in caveats(sets, metrics):
            found.setdefault(sentence, []).append(one.name)
    return [
        sentence if len(names) == len(material.sets) else f"{', '.join(names)}: {sentence}"
        for sentence, names in found.items()
    ]


def _without_partner(material: Material) -> list[str]:
    found = []
    for flag, reference in material.references.items():
        for one in material.sets:
            num = len(set(one.pictures.names) - set(reference.names))
            if num:
                found.append(
                    f"{num:,} of {one.num:,} pictures in {one.name} have no picture of their name "
                    f"in --{flag}."
                )
    return found


def _is_alone(name: str, pairs: Sequence[Mapping[str, Any]]) -> bool:
    own = [pair["verdict"] for pair in pairs if name in (pair["first"], pair["second"])]
    return bool(own) and all(verdict == UNLIKE for verdict in own)
