"""What a reader of the figures ought to know first, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from recyclegan.evaluation.registry import Metric
from recyclegan.evaluation.sets import PictureSet

ENOUGH = 2048
"""Pictures of a set under which a Fréchet distance is mostly a matter of their number."""

ALIKE = 1.1
"""Ratio of typical short sides up to which sets count as of one size."""

JPEG = frozenset(("jpg", "jpeg", "jpe", "jfif"))


def caveats(sets: Mapping[str, PictureSet], metrics: Sequence[Metric]) -> list[str]:
    """Return what is doubtful about sets, given by flag, for the figures to be taken."""
    real, fake = sets["real"], sets["fake"]
    whole = [metric for metric in metrics if not metric.per_picture]
    return [
        *(_few(real, fake) if any(m.family in ("fd", "fd_infinity") for m in whole) else []),
        *(_unlike(real, fake) if whole else []),
        *_same(sets),
    ]


def _few(real: PictureSet, fake: PictureSet) -> list[str]:
    if min(len(real), len(fake)) >= ENOUGH:
        return []
    return [
        f"With {len(fake):,} pictures against {len(real):,} real ones, fewer than {ENOUGH:,}, a "
        "Fréchet distance is too large by chance, and more so that of half the real pictures: "
        "compare only values of the same numbers, and go by the kernel distance."
    ]


def _unlike(real: PictureSet, fake: PictureSet) -> list[str]:
    found = []
    ours, theirs = (
        {picture.path.suffix.lower().lstrip(".") in JPEG for picture in s.pictures.values()}
        for s in (fake, real)
    )
    if ours != theirs:
        found.append(
            "The real pictures and the translations are not compressed alike "
            f"({_formats(real)} and {_formats(fake)}): that alone moves a distance."
        )
    sides = [median(min(picture.size) for picture in s.pictures.values()) for s in (fake, real)]
    if max(sides) > ALIKE * min(sides):
        found.append(
            f"The short side of the translations is typically {sides[0]:g} px and that of the real "
            f"pictures {sides[1]:g}: sharpness alone moves a distance."
        )
    return found


def _same(sets: Mapping[str, PictureSet]) -> list[str]:
    found = []
    for flag in ("real", "truth", "source"):
        if flag in sets:
            hashes = {picture.sha256 for picture in sets[flag].pictures.values()}
            num = sum(picture.sha256 in hashes for picture in sets["fake"].pictures.values())
            if num:
                found.append(
                    f"{num:,} of {len(sets['fake']):,} translations are files of --{flag}, byte "
                    "for byte."
                )
    return found


def _formats(pictures: PictureSet) -> str:
    return ", ".join(pictures.as_json()["formats"])
