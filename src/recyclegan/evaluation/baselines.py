"""What costs nothing: the rows that a translation has to beat before it is worth anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image

from recyclegan import ranks
from recyclegan.evaluation.sets import PictureSet, read_set
from recyclegan.images.decoding import decode
from recyclegan.images.parallel import across_ranks
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.metrics.colour_transfer import ColourStatistics, colour_statistics, colour_transfer
from recyclegan.metrics.dark_channel import PATCH, remove_haze

IDENTITY, COLOUR_TRANSFER, DARK_CHANNEL = "identity", "colour_transfer", "dark_channel"
REAL_HALVES = "real_halves"
"""No translation at all: half of the real pictures against the other half."""

BASELINES = (IDENTITY, COLOUR_TRANSFER)
"""Those that every translation is measured beside; the third is for hazy sources."""

HAZY = frozenset(("hazy", "haze"))
"""What a domain of hazy pictures is called."""

RECIPES: Mapping[str, str] = {
    IDENTITY: "the source, unchanged",
    COLOUR_TRANSFER: "the source with each channel's mean and deviation moved to the mean ones of "
    "the target's pictures, in RGB, rounded to 8 bits",
    DARK_CHANNEL: f"the source without haze: patches of {PATCH} px, 95 % of the haze removed, "
    "guided filter, rounded to 8 bits",
    REAL_HALVES: "a random half of the real pictures against the other half; num is that of a half",
}


def baselines_of(source: str | None) -> tuple[str, ...]:
    """Return the baselines of translations from a domain of this name, None if it is not known."""
    return (*BASELINES, DARK_CHANNEL) if source and source.lower() in HAZY else BASELINES


def colours_of(pictures: PictureSet) -> ColourStatistics:
    """Return the colour statistics of a set, read one picture at a time."""
    return ranks.on_first(
        lambda: colour_statistics(to_tensor(decode(path)) for path in pictures.paths)
    )


def make_baseline(
    name: str, source: PictureSet, colours: ColourStatistics, folder: Path
) -> PictureSet:
    """Return what a baseline makes of a set, as PNGs below a folder; the identity writes none."""
    if name == IDENTITY:
        return source
    change = _CHANGES[name]
    files = {label: folder / f"{row:06d}.png" for row, label in enumerate(source.names)}

    def write(label: str) -> None:
        image = decode(source.pictures[label].path)
        change(image, colours).save(files[label], compress_level=1)

    folder.mkdir(parents=True, exist_ok=True)
    for _ in across_ranks(write, source.names):
        pass
    return read_set(name, files)


def recoloured(image: Image.Image, colours: ColourStatistics) -> Image.Image:
    """Return the colour transfer of a picture, in 8 bits as saved translations are."""
    return to_image(colour_transfer(to_tensor(image)[None], colours)[0])


def _cleared(image: Image.Image, colours: ColourStatistics) -> Image.Image:
    return to_image(remove_haze(to_tensor(image)[None])[0])


_CHANGES: Mapping[str, Callable[[Image.Image, ColourStatistics], Image.Image]] = {
    COLOUR_TRANSFER: recoloured,
    DARK_CHANNEL: _cleared,
}
