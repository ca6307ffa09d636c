"""From a dataset directory to findings about its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recyclegan import ranks
from recyclegan.cluster.shares import Cluster
from recyclegan.curation.clusters import cluster_pictures
from recyclegan.curation.features import Described, describe
from recyclegan.curation.findings import DomainFindings, Findings, Item
from recyclegan.curation.neighbours import nearest_neighbours, nearest_pairs, oddity
from recyclegan.data.layouts import DomainFiles, UnpairedFolders, read_layout
from recyclegan.data.manifest import BadFile, Entry, make_manifest
from recyclegan.data.near_duplicates import near_duplicate_groups
from recyclegan.data.stages import Stage
from recyclegan.errors import UserError
from recyclegan.features.extractor import Extractor


@dataclass(frozen=True)
class Settings:
    """How a dataset is looked at."""

    num_clusters: int = 20
    num_neighbours: int = 10
    """Others over which a picture's oddity is the mean distance."""
    num_pairs: int = 200
    seed: int = 0
    """Of the clusters and, for a dataset without one, of the split."""
    test_fraction: float = 0.2


@dataclass(frozen=True)
class Curated:
    """The findings, the files that could not be used and what else a person should know."""

    findings: Findings
    bad: tuple[BadFile, ...]
    notes: tuple[str, ...]


def recipe(extractors: Sequence[Extractor], settings: Settings) -> dict[str, Any]:
    """Return all that findings depend on besides the pictures, as plain JSON."""
    return {
        "a": extractors[0].identity,
        "b": extractors[1].identity,
        **asdict(settings),
    }


def curate(
    data_dir: Path,
    features_dir: Path,
    extractors: Sequence[Extractor],
    settings: Settings,
    stage: Stage,
    cluster: Cluster | None = None,
) -> Curated:
    """Return what is alike, odd, dark or blurred in a dataset directory of any layout.

    Args:
        data_dir: the dataset; without a split of its own it gets that of a training.
        features_dir: where features are kept, so that interrupted work goes on.
        extractors: the features of domains a and b.
        settings: numbers of clusters and pairs, and the seed.
        stage: opens each stage of the work.
        cluster: what computes features, if not this process.

    Raises:
        UserError: no dataset, or a domain without a usable picture; says the way out.
    """
    with stage("Listing"):
        fraction = settings.test_fraction
        folders = read_layout([data_dir], seed=settings.seed, test_fraction=fraction)
    bad: list[BadFile] = []
    parts: list[tuple[DomainFiles, Described]] = []
    for domain, extractor in zip((folders.a, folders.b), extractors, strict=True):
        paths = (*domain.train, *domain.test)
        with stage(f"Features of {domain.name}") as on_progress:
            described, lost = describe(
                paths, extractor, features_dir, on_progress=on_progress, cluster=cluster
            )
        bad += lost
        if not described.paths:
            raise UserError(f"None of the {len(paths)} pictures of {domain.name} can be read.")
        parts.append((domain, described))
    usable = [path for _, described in parts for path in described.paths]
    if folders.groups.keys() >= set(usable):  # Known already, from splitting.
        groups = np.array([folders.groups[path] for path in usable])
    else:
        with stage("Near-duplicates") as on_progress:
            groups = near_duplicate_groups(usable, on_progress=on_progress)
    split_at = len(parts[0][1].paths)
    domains = list(
        ranks.in_shares(
            lambda some: [
                _domain_findings(*part, own_groups, data_dir, settings, stage)
                for part, own_groups in some
            ],
            [*zip(parts, np.split(groups, [split_at]), strict=True)],
        )
    )
    digest = _identity([described for _, described in parts], domains, folders)
    findings = Findings(digest, recipe(extractors, settings), *domains)
    return Curated(findings, tuple(bad), folders.notes)


def _identity(
    described: Sequence[Described], domains: Sequence[DomainFindings], folders: UnpairedFolders
) -> str:
    """Return the identity of data: names, contents and parts make it, sizes have no say."""
    entries = [
        Entry(item.name, digest, (0, 0), item.split, letter)
        for letter, one, found in zip("ab", described, domains, strict=True)
        for item, digest in zip(found.items, one.sha256, strict=True)
    ]
    return make_manifest(entries, {"a": folders.a.name, "b": folders.b.name}).digest


def _domain_findings(
    domain: DomainFiles,
    described: Described,
    groups: np.ndarray,
    data_dir: Path,
    settings: Settings,
    stage: Stage,
) -> DomainFindings:
    features = described.features
    with stage(f"Neighbours in {domain.name}") as on_progress:
        distances, indices = nearest_neighbours(
            features, settings.num_neighbours, on_progress=on_progress
        )
    with stage(f"Clusters of {domain.name}"):
        clusters = cluster_pictures(features, settings.num_clusters, settings.seed)
    test = set(domain.test)
    odd = oddity(distances)
    items = tuple(
        Item(
            name=path.relative_to(data_dir).as_posix(),
            split="test" if path in test else "train",
            brightness=float(described.brightness[index]),
            sharpness=float(described.sharpness[index]),
            cluster=int(clusters.cluster[index]),
            subcluster=int(clusters.subcluster[index]),
            rank=int(clusters.rank[index]),
            group=int(groups[index]),
            oddity=float(odd[index]),
        )
        for index, path in enumerate(described.paths)
    )
    return DomainFindings(domain.name, items, nearest_pairs(distances, indices, settings.num_pairs))
