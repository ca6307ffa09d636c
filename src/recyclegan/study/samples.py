"""The same pictures by every variant, for the eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recyclegan.evaluation.pairing import names_below
from recyclegan.images.listing import list_images
from recyclegan.report.comparison_pictures import choose_evenly
from recyclegan.study.results import Line

NUM = 6


def samples(
    lines: Mapping[str, Sequence[Line]], direction: str, pictures: Path, out: Path
) -> list[dict[str, Any]]:
    """Return the paths, told from `out` on, of some test pictures, evenly spaced by name.

    Each with its source, its truth where there is one, and what the first training of each variant
    made of it.
    """
    letter = direction[0].upper()
    sources = _named(pictures / f"test{letter}")
    truths = _named(pictures / f"truth{letter}")
    made = {
        name: _named(out / "translations" / some[0]["key"] / direction)
        for name, some in lines.items()
    }
    return [
        {
            "name": name,
            "source": _told(sources.get(name), out),
            "truth": _told(truths.get(name), out),
            "variants": {variant: _told(files.get(name), out) for variant, files in made.items()},
        }
        for name in choose_evenly(sorted(sources), NUM)
    ]


def _named(folder: Path) -> dict[str, Path]:
    return names_below(folder, list_images(folder).paths) if folder.is_dir() else {}


def _told(path: Path | None, out: Path) -> str | None:
    return None if path is None else path.relative_to(out).as_posix()
