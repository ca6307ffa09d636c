"""Pictures to calibrate, measure and show with: given ones, or street scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from recyclegan.data.scenes.dataset import DOMAINS
from recyclegan.data.scenes.scene import View
from recyclegan.errors import UserError
from recyclegan.export.measuring import Pictures
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.listing import list_images
from recyclegan.images.resizing import centre_square
from recyclegan.images.tensors import to_tensor

SIDE = 256
"""Pixels a side at which loss and time are measured."""

MOST = 32
"""Pictures of a folder that are used; they are spread over it."""

SEED = 7


def as_batches(pictures: Sequence[Image.Image]) -> list[Pictures]:
    """Return each picture as (1,3,H,W) in [-1, 1]."""
    return [to_tensor(picture)[None].numpy() for picture in pictures]


def from_folder(folder: Path, flag: str, most: int = MOST, side: int = SIDE) -> list[Image.Image]:
    """Return centre squares of at most so many pictures of a folder, spread over it.

    Raises:
        UserError: there is no such folder, or no picture in it that can be read.
    """
    paths = list_images(folder).paths
    step = max(1, len(paths) // most)
    pictures = []
    for path in paths[::step][:most]:
        try:
            pictures.append(centre_square(decode(path), side))
        except UnreadableImage:
            continue  # The others will do.
    if not pictures:
        raise UserError(
            f"{flag} {folder} holds no picture that can be read; name a folder with some."
        )
    return pictures


def scenes(kind: str, num: int, side: int = SIDE) -> list[Image.Image]:
    """Return street scenes of a kind ("day", "night", "hazy"); any other kind gets those by day."""
    shown = {"night": View.night, "hazy": View.hazy}.get(kind, View.day)
    return [Image.fromarray(shown(View(SEED, index, side))) for index in range(num)]


def are_of_scenes(kinds: tuple[str, str]) -> bool:
    """Return whether the scenes show such kinds of pictures at all."""
    return any(set(kinds) == set(domains.values()) for domains in DOMAINS.values())
