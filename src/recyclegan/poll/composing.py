"""Numbers and order of a poll: questions, checks and ballots from encoded pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from recyclegan.poll.design import arrange, draw_ballots
from recyclegan.poll.files import Check, Key, Picture, Poll, Question, SetOfPictures, plain, sealed
from recyclegan.poll.pictures import decode_encoded, encode, spoil

SOURCE = "--source"
"""How the folder of sources is called among the sets; no set can be."""

NUM_BALLOTS = 64
"""Different ballots; they are handed out in turn, or drawn, and come round again."""


@dataclass(frozen=True)
class Settings:
    """What a poll asks, and how much of each voter."""

    asks: str = "Which looks more like a real photo?"
    num_questions: int = 30
    num_checks: int = 4
    max_megabytes: float = 24.0
    """Size that the page keeps to; fewer pictures are asked about where all would be too many."""
    seed: int = 0


@dataclass(frozen=True)
class _Pair:
    """A question before its pictures have their final numbers."""

    first: int
    second: int
    source: int | None
    check: Check | None = None


def compose(
    encoded: Mapping[str, Mapping[str, str]],
    sets: Mapping[str, SetOfPictures],
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[Poll, Key]:
    """Return a poll and its key.

    Args:
        encoded: JPEG in base64 by name and set (`SOURCE` for the picture shown above).
        sets: by name.
        settings: what is asked; at most as many questions as there are.
        rng: draws all that is random.
    """
    album = [
        (Picture("" if label == SOURCE else label, name), text)
        for name, row in encoded.items()
        for label, text in row.items()
    ]
    place = {(entry.set, entry.name): number for number, (entry, _) in enumerate(album)}
    asked = [
        _Pair(place[first, name], place[second, name], place.get(("", name)))
        for (first, second), name in product(combinations(sets, 2), encoded)
    ]
    ballots = draw_ballots(
        len(asked) // len(encoded),
        len(encoded),
        min(settings.num_questions, len(asked)),
        NUM_BALLOTS,
        rng,
    )
    used = sorted(set().union(*ballots))
    pairs = [asked[number] for number in used]
    for index in range(settings.num_checks):
        name, label = str(rng.choice(list(encoded))), str(rng.choice(list(sets)))
        sound, above = place[label, name], place.get(("", name))
        if index % 2:
            pairs.append(_Pair(sound, sound, above, Check("same", None)))
            continue
        spoilt = encode(spoil(decode_encoded(encoded[name][label]), rng))
        album.append((Picture("", name), spoilt))
        pairs.append(_Pair(sound, len(album) - 1, above, Check("spoilt", sound)))
    checks = list(range(len(used), len(pairs)))
    new = {number: index for index, number in enumerate(used)}
    arranged = [arrange([new[number] for number in ballot], checks, rng) for ballot in ballots]
    return _numbered(settings, sets, album, pairs, arranged, rng)


def _numbered(
    settings: Settings,
    sets: Mapping[str, SetOfPictures],
    album: list[tuple[Picture, str]],
    pairs: list[_Pair],
    ballots: list[tuple[tuple[int, bool], ...]],
    rng: np.random.Generator,
) -> tuple[Poll, Key]:
    """Give pictures and questions numbers that say nothing, and sort all by them."""
    numbers = [int(number) for number in rng.permutation(len(album))]
    ranks = [int(rank) for rank in rng.permutation(len(pairs))]
    ids = [f"{value:08x}" for value in rng.choice(2**32, len(pairs), replace=False)]
    questions, checks = {}, {}
    for pair, rank in zip(pairs, ranks, strict=True):
        low, high = sorted((numbers[pair.first], numbers[pair.second]))
        above = None if pair.source is None else numbers[pair.source]
        questions[rank] = Question(ids[rank], (low, high), above)
        if pair.check:
            sound = pair.check.expected
            expected = None if sound is None else numbers[sound]
            checks[ids[rank]] = Check(pair.check.kind, expected)
    shown = [entry for _, entry in sorted(zip(numbers, album, strict=True))]
    poll = sealed(
        Poll(
            settings.asks,
            tuple(questions[rank] for rank in range(len(pairs))),
            tuple(tuple((ranks[number], swap) for number, swap in ballot) for ballot in ballots),
            tuple(text for _, text in shown),
        )
    )
    pictures = tuple(Picture(picture.set, plain(picture.name)) for picture, _ in shown)
    return poll, Key(poll.id, dict(sets), pictures, checks, settings.seed)
