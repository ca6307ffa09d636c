"""A trained generator as a function from picture to picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, read_generators
from recyclegan.errors import UserError
from recyclegan.images.decoding import as_rgb
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.networks.resnet_generator import ResNetGenerator

SMALLEST_STAGE = 4
"""Pixels a side that a picture is padded to at the generator's lowest resolution, at least."""


class PictureTranslator:
    """Translates one picture at a time in one direction, whatever its size and mode.

    A picture's result depends on nothing but the picture: the network is in evaluation mode and
    never sees two at once.
    """

    def __init__(
        self, generator: ResNetGenerator, info: GeneratorInfo, direction: str, path: Path
    ) -> None:
        self.generator = generator.eval().requires_grad_(False)
        self.info = info
        self.direction = direction
        self.path = path
        source, target = direction.split("2")
        self.source, self.target = info.domains[source], info.domains[target]

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return the translation of a picture, RGB and of the same size."""
        rgb = as_rgb(picture)
        padded = _pad(to_tensor(rgb), self.generator.size_multiple)
        with torch.inference_mode():
            translated = self.generator(padded[None])[0]
        return to_image(translated[:, : rgb.height, : rgb.width])


def load_translator(model: str | Path, direction: str = "a2b") -> PictureTranslator:
    """Return the translator of a run, of a checkpoint folder or of a generators file.

    Raises:
        UserError: there is no model at that path, or it has no such direction.
    """
    path = find_generators(Path(model))
    tensors, info = read_generators(path)
    if direction not in info.directions:
        named = ", ".join(
            f"{name} ({info.domains[name[0]]} → {info.domains[name[2]]})"
            for name in info.directions
        )
        raise UserError(f"{path} has no direction {direction!r}; it has {named}.")
    prefix = f"generator_{direction}."
    weights = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    generator = ResNetGenerator(**asdict(info.generator))
    try:
        generator.load_state_dict(weights)
    except RuntimeError:
        raise UserError(
            f"The weights in {path} do not fit the generator that it describes: it is damaged."
        ) from None
    return PictureTranslator(generator, info, direction, path)


def _pad(picture: Tensor, multiple: int) -> Tensor:
    """Mirror a picture (3,H,W) at its right and lower border to sizes that the generator takes.

    A mirrored border looks like picture to the network; NumPy's mirror also serves pictures that
    are smaller than what they lack.
    """
    smallest = SMALLEST_STAGE * multiple
    goals = [max(smallest, -(-side // multiple) * multiple) for side in picture.shape[1:]]
    missing = [goal - side for goal, side in zip(goals, picture.shape[1:], strict=True)]
    widths = ((0, 0), *((0, lack) for lack in missing))
    return torch.from_numpy(np.pad(picture.numpy(), widths, mode="reflect"))
