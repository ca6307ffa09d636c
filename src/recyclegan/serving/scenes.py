"""Examples for people who have no picture at hand: drawn streets of the kinds a model knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from recyclegan.data.scenes.scene import View

SEED, SIDE, NUM = 11, 256, 3

_SHOWN: Mapping[str, str] = {"night": "night", "hazy": "hazy"}


def draw_examples(folder: Path, domains: Sequence[str], *, side: int = SIDE) -> list[Path]:
    """Draw a few streets as the pictures of `domains` look ("night", "hazy", else day).

    The streets take turns through the kinds, and none is drawn twice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds = list(dict.fromkeys(_SHOWN.get(domain.lower(), "day") for domain in domains))
    paths = []
    for index in range(NUM):
        kind = kinds[index % len(kinds)]
        view = View(SEED, index, side)
        paths.append(folder / f"street-{index + 1}-{kind}.png")
        Image.fromarray(getattr(view, kind)()).save(paths[-1])
    return paths
