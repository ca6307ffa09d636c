"""Many sets of translations beside the real pictures and beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recyclegan.comparison.distributions import describe_distributions, wasserstein_matrix
from recyclegan.comparison.findings import Findings, Seen
from recyclegan.comparison.material import Material, read_material
from recyclegan.comparison.matrices import Matrix, feature_matrices
from recyclegan.comparison.perceptual import measure_perceptual
from recyclegan.comparison.recording import record
from recyclegan.comparison.request import Request
from recyclegan.comparison.sets import REAL, TRUTH
from recyclegan.data.stages import Stage, unseen
from recyclegan.evaluation.choosing import Choice, choose
from recyclegan.evaluation.instruments import Network, is_at_hand, load_network
from recyclegan.evaluation.measuring import (
    References,
    measure_halves,
    measure_sets,
)
from recyclegan.evaluation.sets import PictureSet


def compare(request: Request, out_dir: Path, *, stage: Stage = unseen) -> dict[str, Any]:
    """Measure sets against real pictures and each other; return what comparison.json holds.

    Every set goes through each network once, however many pairs there are. Weights are looked for
    before any picture is read; pictures of baselines are written below `out_dir`.

    Raises:
        UserError: a folder, its pictures or weights are not to be had; says the way out.
    """
    request.check()
    choice = _choose(request)
    network = _find_lpips(request, choice)
    material = read_material(request, out_dir, stage)
    real, references = material.real.pictures, material.references
    choice = choice.fitting(min(one.num for one in (material.real, *material.judged)), asked=False)
    measured = measure_sets(
        material.by_name,
        References(real, references.get(TRUTH), references.get("source")),
        choice.instruments,
        choice.metrics,
        seed=request.seed,
        stage=stage,
    )
    halves = measure_halves(real, choice.instruments, choice.metrics, seed=request.seed)
    with stage("Distances between sets of features") as on_progress:
        matrices = _of_features(material, choice)
        on_progress(1, 1)
    seen = None
    if network is not None:
        seen = _look(material, f"lpips_{request.lpips}", network, stage)
        matrices |= _of_looks(material, seen)
    return record(request, Findings(material, choice, measured, halves, matrices, seen))


def _choose(request: Request) -> Choice:
    """Return the figures that can be had; those that need a folder which no set has are no loss."""
    folders = {"real", *(flag for flag, _ in request.references())}
    choice = choose(
        None,
        folders,
        extractor=request.extractor,
        weights=request.weights,
        lpips=(request.lpips,),
        cache_dir=request.cache_dir,
    )
    skipped = tuple(
        # `evaluate` can be asked for single figures, and for what comes back.
        row | {"reason": row["reason"].replace("ask for it by --metrics", "see --weights")}
        for row in choice.skipped
        if "--recovered" not in row["reason"]
    )
    return Choice(choice.metrics, choice.instruments, skipped)


def _find_lpips(request: Request, choice: Choice) -> Network | None:
    name = f"lpips_{request.lpips}"
    if name in choice.instruments.networks:
        return choice.instruments.networks[name]
    # A single file is the extractor's.
    weights = request.weights if request.weights and request.weights.is_dir() else None
    return load_network(name, weights) if is_at_hand(name, weights) else None


def _of_features(material: Material, choice: Choice) -> dict[str, Matrix]:
    """Return the distances between real pictures, sets and baselines by each extractor."""
    sets: Mapping[str, PictureSet] = {REAL: material.real.pictures, **material.by_name}
    matrices: dict[str, Matrix] = {}
    for name in choice.instruments.extractors:
        features = {label: choice.instruments.features(s, name) for label, s in sets.items()}
        matrices |= feature_matrices(features, name)
    return matrices


def _look(material: Material, name: str, network: Network, stage: Stage) -> Seen:
    sets = dict(material.by_name)
    if TRUTH in material.references:
        sets[TRUTH] = material.references[TRUTH]
    with stage("LPIPS") as on_progress:
        distances = measure_perceptual(
            network.embed, material.real.pictures, sets, on_progress=on_progress
        )
    to_real = {label: rows for label, rows in distances.to_real.items() if label != TRUTH}
    return Seen(name, network, distances, describe_distributions(to_real))


def _of_looks(material: Material, seen: Seen) -> dict[str, Matrix]:
    """Return LPIPS between pictures of one name, and between distributions of it to the real."""
    net = seen.name.removeprefix("lpips_")
    truth = (TRUTH,) if TRUTH in material.references else ()
    labels = (*material.by_name, *truth)
    spread = wasserstein_matrix(seen.distributions)
    return {
        seen.name: Matrix(
            f"Mean LPIPS ({net}) of pictures of one name", labels, seen.distances.between, True
        ),
        f"lpips_w_{net}": Matrix(
            f"W between distributions of LPIPS ({net}) to real pictures",
            tuple(seen.distributions),
            spread,
            False,
        ),
    }
