"""What curation found out about a dataset: the file between looking and deciding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_json
from recyclegan.errors import UserError


@dataclass(frozen=True)
class Item:
    """A picture and what was found about it."""

    name: str
    """Its path below the dataset directory."""
    split: str
    """`train` or `test`."""
    brightness: float
    """Mean grey level in [0, 1]."""
    sharpness: float
    """How much fine detail it has, relative to its contrast; small is blurred."""
    cluster: int
    subcluster: int
    """Its cluster within the cluster."""
    rank: int
    """Its place in the cluster, from the centre (0) outwards."""
    group: int
    """Near-duplicates share a group, over both domains."""
    oddity: float
    """Mean distance to its nearest neighbours; large is an outlier."""


@dataclass(frozen=True)
class Pair:
    """Two near pictures of a domain, by their places in its list."""

    first: int
    second: int
    distance: float


@dataclass(frozen=True)
class DomainFindings:
    """A domain's pictures, and its nearest pairs with the nearest first."""

    name: str
    items: tuple[Item, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Findings:
    """Both domains, the identity of the data and how the figures were made."""

    data: str
    """Digest of the dataset's manifest."""
    recipe: Mapping[str, Any]
    a: DomainFindings
    b: DomainFindings


def write_findings(findings: Findings, path: Path) -> None:
    """Write findings as strict JSON."""
    write_json(path, asdict(findings))


def read_findings(path: Path) -> Findings:
    """Return findings that were written.

    Raises:
        UserError: the file is missing or is no such JSON; says the way out.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        a, b = (_domain(content[letter]) for letter in "ab")
        return Findings(content["data"], content["recipe"], a, b)
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{path} is missing or no result of `recyclegan curate`: run that first."
        ) from None


def _domain(content: Mapping[str, Any]) -> DomainFindings:
    items = tuple(Item(**item) for item in content["items"])
    return DomainFindings(content["name"], items, tuple(Pair(**pair) for pair in content["pairs"]))
