"""A domain's findings in a few lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from recyclegan.curation.findings import DomainFindings


@dataclass(frozen=True)
class Summary:
    """What a person wants to know first; names are of pictures."""

    num_pictures: int
    num_near_duplicate_groups: int
    """Groups with two pictures or more of this domain."""
    num_pictures_in_groups: int
    num_clusters: int
    largest_cluster: int
    """Pictures in it."""
    darkest: str
    most_blurred: str
    oddest: str


def summarise(found: DomainFindings) -> Summary:
    """Return the summary of a domain that has at least one picture."""
    items = found.items
    shared = [size for size in Counter(item.group for item in items).values() if size > 1]
    clusters = Counter(item.cluster for item in items)
    return Summary(
        len(items),
        len(shared),
        sum(shared),
        len(clusters),
        max(clusters.values()),
        min(items, key=lambda item: item.brightness).name,
        min(items, key=lambda item: item.sharpness).name,
        max(items, key=lambda item: item.oddity).name,
    )
