"""Which pictures stand for a cluster: from its centre through to its edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from recyclegan.curation.findings import DomainFindings, Item

NUM_CLUSTER_SAMPLES = 36
NUM_PART_SAMPLES = 12


@dataclass(frozen=True)
class Cluster:
    """A cluster by the places of its pictures in the domain's list, centre first."""

    number: int
    members: tuple[int, ...]
    samples: tuple[int, ...]
    """Evenly spread over the members, both ends among them."""
    parts: tuple[Cluster, ...] = ()
    """Its sub-clusters, none where it was not split."""


def gather_clusters(domain: DomainFindings) -> tuple[Cluster, ...]:
    """Return a domain's clusters by number, each with its sub-clusters."""
    places = range(len(domain.items))
    return tuple(
        Cluster(number, members, spread(members, NUM_CLUSTER_SAMPLES), _parts(domain, members))
        for number, members in _split(domain, places, lambda item: item.cluster)
    )


def spread(members: Sequence[int], num_samples: int) -> tuple[int, ...]:
    """Return at most `num_samples` members at even steps, the first and the last among them."""
    if len(members) <= num_samples:
        return tuple(members)
    steps = num_samples - 1
    return tuple(members[round(step * (len(members) - 1) / steps)] for step in range(num_samples))


def _parts(domain: DomainFindings, members: Sequence[int]) -> tuple[Cluster, ...]:
    parts = _split(domain, members, lambda item: item.subcluster)
    if len(parts) == 1:
        return ()
    return tuple(Cluster(number, part, spread(part, NUM_PART_SAMPLES)) for number, part in parts)


def _split(
    domain: DomainFindings, places: Iterable[int], key: Callable[[Item], int]
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the places that share a key's value, by value; each lot is in order of rank."""
    lots: dict[int, list[int]] = {}
    for place in sorted(places, key=lambda place: domain.items[place].rank):
        lots.setdefault(key(domain.items[place]), []).append(place)
    return [(number, tuple(lots[number])) for number in sorted(lots)]
