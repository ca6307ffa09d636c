"""Which pictures are odd, by themselves or beside the rest of their domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from recyclegan.data.examining import Facts
from recyclegan.data.manifest import BadFile

FLAT, BLACK, WHITE = 0.01, 0.03, 0.97
"""Contrast below which a picture is flat, and brightness beyond which it is black or white."""

SMALL, LONG, BLURRED = 0.5, 3, 0.05
"""Share of the median short side, aspect, and share of the median sharpness that are odd."""


def suspects(files: Sequence[Facts]) -> Iterator[BadFile]:
    """Yield the files that can be read but are odd, and why."""
    for domain in ("a", "b"):
        own = [file for file in files if file.domain == domain]
        if not own:
            continue
        mode = Counter(file.mode for file in own).most_common(1)[0][0]
        side = median(min(file.size) for file in own)
        sharpness = median(file.measures.sharpness for file in own)
        for file in own:
            reasons = _oddities(file, mode, side, sharpness)
            if reasons:
                yield BadFile(file.path, "; ".join(reasons))


def _oddities(file: Facts, mode: str, side: float, sharpness: float) -> list[str]:
    """Return what sets a file apart, by itself and from its domain's usual values."""
    short, long = sorted(file.size)
    seen = file.measures
    flat = seen.contrast < FLAT
    # A camera's JPEG may hold further pictures behind the first and is then an MPO.
    content = "JPEG" if file.format == "MPO" else file.format
    known = {
        f"{file.named} by name, {file.format} by content": file.named not in ("", content),
        "one flat colour": flat,
        "nearly black": seen.brightness < BLACK,
        "nearly white": seen.brightness > WHITE,
        "far more blurred than the rest": not flat and seen.sharpness < BLURRED * sharpness,
        f"only {short} px on its short side, {side:g} are usual": short < SMALL * side,
        f"{long / short:.1f} times as long as wide": long > LONG * short,
        f"mode {file.mode}, {mode} is usual": file.mode != mode,
        f"{file.num_pages} pages or frames, the first counts": file.num_pages > 1
        and file.format != "MPO",
        "damaged behind its first page or frame, which counts": file.num_pages == 0,
    }
    return [reason for reason, holds in known.items() if holds]
