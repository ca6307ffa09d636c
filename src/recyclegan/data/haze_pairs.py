"""Which files of a haze archive show the same place: by folder and by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recyclegan.data.building import Outcome
from recyclegan.errors import UserError
from recyclegan.images.listing import list_images

Kind = Literal["o-haze", "i-haze", "d-hazy"]

HAZY = frozenset(("hazy", "haze"))
CLEAR = frozenset(("gt", "clear", "image", "images", "rgb"))
DEPTH = frozenset(("depth", "depths"))
"""Words that say, in a folder's name, what it holds, and that are no part of a file's name."""

_WORDS = {"hazy": HAZY, "clear": CLEAR, "depth": DEPTH}
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class HazePair:
    """A clear picture and its other half: the same place in haze, or its depth."""

    name: str
    clear: Path
    other: Path


def find_pairs(folder: Path, kind: Kind) -> tuple[dict[str, HazePair], dict[str, Outcome]]:
    """Return the pairs below a folder by name, and what became of the files that are in none.

    What a file is says the nearest folder above it with one of the words in its name. Files pair
    by their folders and stem, else by the same without the words.

    Raises:
        UserError: Nothing pairs; says what was looked for.
    """
    other = "depth" if kind == "d-hazy" else "hazy"
    paths = list_images(folder).paths
    roles = {path: _role(path.relative_to(folder)) for path in paths}
    sides = [[path for path in paths if roles[path] == role] for role in ("clear", other)]
    exact = _match(folder, sides, words=frozenset())
    taken = {path for both in exact.values() for path in both}
    rest = [[path for path in side if path not in taken] for side in sides]
    pairs: dict[str, HazePair] = {}
    found = _match(folder, rest, words=HAZY | CLEAR | DEPTH) | exact
    for key, (clear, partner) in sorted(found.items()):
        name = _unused(key.replace("/", "-") or "pair", pairs)
        pairs[name] = HazePair(name, clear, partner)
    if not pairs:
        counts = f"{len(sides[0])} and {len(sides[1])} of {len(paths)} pictures are in such folders"
        raise UserError(
            f"{folder} holds no pairs: for --kind {kind}, pictures of equal names were looked for "
            f"in a folder called GT or clear and one called {other} ({counts})."
        )
    paired = {path for pair in pairs.values() for path in (pair.clear, pair.other)}
    wanted = {"clear": f"no {other} picture of this name", other: "no clear picture of this name"}
    alone = {
        path.relative_to(folder).as_posix(): Outcome(
            dropped=wanted.get(roles[path] or "", f"in no folder called GT, clear or {other}")
        )
        for path in paths
        if path not in paired
    }
    return dict(sorted(pairs.items())), alone


def _role(relative: Path) -> str | None:
    for above in relative.parents:
        for role, words in _WORDS.items():
            if words & set(_tokens(above.name)):
                return role
    return None


def _match(
    folder: Path, sides: Sequence[Sequence[Path]], *, words: frozenset[str]
) -> dict[str, tuple[Path, Path]]:
    """Return what stands alone under its key on both sides; two of one key could be either's."""
    keyed: list[Mapping[str, list[Path]]] = []
    for side in sides:
        by_key: dict[str, list[Path]] = defaultdict(list)
        for path in side:
            by_key[_key(path.relative_to(folder), words)].append(path)
        keyed.append(by_key)
    clear, other = keyed
    return {
        key: (clear[key][0], other[key][0])
        for key in clear.keys() & other.keys()
        if len(clear[key]) == len(other[key]) == 1
    }


def _key(relative: Path, words: frozenset[str]) -> str:
    """Return folders without the words, then the stem without `words`."""
    above = [_without(part, HAZY | CLEAR | DEPTH) for part in relative.parent.parts]
    return "/".join(part for part in (*above, _without(relative.stem, words)) if part)


def _without(name: str, words: frozenset[str]) -> str:
    return "_".join(token for token in _tokens(name) if token not in words)


def _tokens(name: str) -> list[str]:
    return [token for token in _SEPARATORS.split(name.lower()) if token]


def _unused(name: str, names: Mapping[str, HazePair]) -> str:
    while name in names:
        name += "_"
    return name
