"""The review page: one HTML file, opened from disk, on which a person drops pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from recyclegan.atomic import write_atomically
from recyclegan.curation.decisions import FORMAT
from recyclegan.curation.findings import DomainFindings, Findings, Item
from recyclegan.curation.samples import Cluster, gather_clusters
from recyclegan.curation.thumbnails import choose_side, encode_thumbnails

TEMPLATE_DIR = Path(__file__).parent

SCRIPTS = ("decisions", "sheets", "views", "keys")
"""The parts of the page's one script, in order."""

BUDGET = 36_000_000
"""Bytes of thumbnails on a page, which bounds the memory that writing and reading it takes."""

MAX_EMBEDDED = 6000
"""In a larger domain only what the views begin with is embedded; the rest is read from disk."""

NUM_EMBEDDED_PAIRS = 500
NUM_EMBEDDED_EXTREMES = 240
"""Embedded pictures of a large domain that are among the oddest, darkest, brightest, blurriest."""

NUM_EMBEDDED_GROUPS = 1500
"""Embedded pictures of a large domain that have near-duplicates."""

CHUNK = 256
"""Thumbnails in one element, so that the page unpacks no more than it shows."""

Progress = Callable[[int, int], None]


def write_review(
    path: Path, findings: Findings, root: Path, *, on_progress: Progress | None = None
) -> None:
    """Write the review page of a dataset, replacing an earlier one at once.

    Args:
        path: the HTML file.
        findings: what is known of the pictures.
        root: the dataset directory, to which the pictures' names are relative.
        on_progress: called with the number of thumbnails done and their total.
    """
    domains = (findings.a, findings.b)
    clusters = [gather_clusters(domain) for domain in domains]
    shown = [_embedded(domain, found) for domain, found in zip(domains, clusters, strict=True)]
    num_thumbnails = sum(map(len, shown))
    layouts = [
        choose_side([root / d.items[place].name for place in places], num_thumbnails, BUDGET)
        for d, places in zip(domains, shown, strict=True)
    ]
    side = min(side for side, _ in layouts)
    data = {
        "format": FORMAT,
        "data": findings.data,
        "base": _base_url(root, path),
        "chunk": CHUNK,
        "domains": [
            _domain_data(domain, found, aspect)
            for domain, found, (_, aspect) in zip(domains, clusters, layouts, strict=True)
        ],
    }
    num_done = 0

    def chunks(index: int) -> Iterator[str]:
        nonlocal num_done
        items = domains[index].items
        paths = [root / item.name if i in shown[index] else None for i, item in enumerate(items)]
        chunk: list[str] = []
        for thumb, source in zip(encode_thumbnails(paths, side), paths, strict=True):
            chunk.append(thumb)
            num_done += source is not None
            if on_progress and source is not None:
                on_progress(num_done, num_thumbnails)
            if len(chunk) == CHUNK:
                yield "\n".join(chunk)
                chunk.clear()
        yield "\n".join(chunk)

    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_DIR), autoescape=True, undefined=StrictUndefined
    )
    pieces = environment.get_template("review.html.jinja").generate(
        names=[domain.name for domain in domains],
        css=Markup((TEMPLATE_DIR / "review.css").read_text("utf-8")),
        js=Markup("\n".join(_script(name) for name in SCRIPTS)),
        data=Markup(_script_json(data)),
        chunks=chunks,
    )
    write_atomically(path, b"".join(piece.encode("utf-8", "replace") for piece in pieces))


def _script(name: str) -> str:
    return (TEMPLATE_DIR / f"review-{name}.js").read_text("utf-8")


def _embedded(domain: DomainFindings, clusters: tuple[Cluster, ...]) -> frozenset[int]:
    """Return the places of the pictures whose thumbnails the page carries."""
    items = domain.items
    places = range(len(items))
    if len(items) <= MAX_EMBEDDED:
        return frozenset(places)
    chosen: set[int] = set()
    for cluster in clusters:
        for lot in (cluster, *cluster.parts):
            chosen.update(lot.samples)
    for pair in domain.pairs[:NUM_EMBEDDED_PAIRS]:
        chosen.update((pair.first, pair.second))
    orders: tuple[Callable[[Item], float], ...] = (
        lambda item: -item.oddity,
        lambda item: item.brightness,
        lambda item: -item.brightness,
        lambda item: item.sharpness,
    )
    for order in orders:
        ordered = sorted(places, key=lambda place: order(items[place]))
        chosen.update(ordered[:NUM_EMBEDDED_EXTREMES])
    sizes: dict[int, int] = {}
    for item in items:
        sizes[item.group] = sizes.get(item.group, 0) + 1
    alike = [place for place in places if sizes[items[place].group] > 1]
    alike.sort(key=lambda place: (-sizes[items[place].group], items[place].group))
    return frozenset(chosen.union(alike[:NUM_EMBEDDED_GROUPS]))


def _domain_data(
    domain: DomainFindings, clusters: tuple[Cluster, ...], aspect: float
) -> dict[str, Any]:
    items = domain.items
    return {
        "name": domain.name,
        "aspect": round(min(max(aspect, 0.6), 2.0), 3),
        "names": [item.name for item in items],
        "urls": {i: url for i, item in enumerate(items) if (url := _url(item.name)) != item.name},
        "test": [int(item.split == "test") for item in items],
        "brightness": [round(item.brightness, 4) for item in items],
        "sharpness": [round(item.sharpness, 6) for item in items],
        "oddity": [round(item.oddity, 6) for item in items],
        "group": [item.group for item in items],
        "pairs": [(pair.first, pair.second, round(pair.distance, 4)) for pair in domain.pairs],
        "clusters": [_cluster_data(cluster) for cluster in clusters],
    }


def _cluster_data(cluster: Cluster) -> dict[str, Any]:
    return {
        "number": cluster.number,
        "members": cluster.members,
        "samples": cluster.samples,
        "parts": [_cluster_data(part) for part in cluster.parts],
    }


def _url(name: str) -> str:
    """Return a relative path as a relative URL, whatever bytes its file name is made of."""
    return quote(os.fsencode(name))


def _base_url(root: Path, page: Path) -> str:
    """Return the dataset's URL as seen from the page: relative, so that both may be moved."""
    try:
        relative = os.path.relpath(root.resolve(), page.parent.resolve())
    except ValueError:  # On another drive of Windows there is no relative path.
        return root.resolve().as_uri() + "/"
    return _url(Path(relative).as_posix()) + "/"


def _script_json(data: dict[str, Any]) -> str:
    """Return strict JSON that may stand in a script element: no `<` that could end it."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
