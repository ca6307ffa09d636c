"""A trained generator as a function from picture to picture."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from recyclegan import ranks
from recyclegan.checkpoint.adapter import read_model
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, weights_of
from recyclegan.device import find_device
from recyclegan.errors import RunFailed, UserError
from recyclegan.images.decoding import as_rgb
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.strips import can_be_tiled, in_strips
from recyclegan.translation.arithmetic import CPU, Precision, choose, for_pictures
from recyclegan.translation.cores import MEMORY, whole_bytes
from recyclegan.translation.cost import generator_cost
from recyclegan.translation.protocol import Translator
from recyclegan.turbo.base import is_turbo
from recyclegan.user_cache import user_cache_dir

Tile = int | Literal["auto", "off"]
"""Number of pixels above which a picture is computed in strips."""

SMALLEST_STAGE = 4
"""Pixels a side that a picture is padded to at the generator's lowest resolution, at least."""


class PictureTranslator:
    """Translates one picture at a time in one direction, whatever its size and mode.

    A picture's result depends on nothing but the picture: the network is in evaluation mode and
    never sees two at once. One of more than `tile` pixels is computed in strips, with the same
    result to the tolerance of the `precision` that all are computed in.
    """

    def __init__(
        self,
        generator: ResNetGenerator,
        info: GeneratorInfo,
        direction: str,
        path: Path,
        tile: Tile = "auto",
        precision: Precision | Literal["auto"] = "fp32",
        device: torch.device = CPU,
    ) -> None:
        self.generator = generator.eval().requires_grad_(False)
        # One choice for all processes: else pictures would differ by who translated them.
        self.precision: Precision = (
            ranks.on_first(lambda: choose(generator, path, _choices_path(), device))
            if precision == "auto"
            else precision
        )
        # Strips are for pictures that are too large for memory: they are computed on the processor.
        self._in_strips = for_pictures(generator, self.precision)
        self._network = deepcopy(self._in_strips).to(device) if device != CPU else self._in_strips
        self.device = device
        self.info = info
        self.variant = info.variant
        self.step: int | None = info.step
        self.made_with: Mapping[str, str] = {}
        self.direction = direction
        self.path = path
        self.tile_above = _tile_above(tile, generator, info, self.precision)
        source, target = direction.split("2")
        self.source, self.target = info.domains[source], info.domains[target]

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return the translation of a picture, RGB and of the same size."""
        rgb = as_rgb(picture)
        padded = pad(to_tensor(rgb), self.generator.size_multiple)
        with torch.inference_mode():
            translated = self._generate(padded[None])[0]
        return to_image(translated[:, : rgb.height, : rgb.width])

    def num_bytes(self, size: tuple[int, int]) -> float:
        """Return what the maps of a picture of (width, height) take at once."""
        return whole_bytes(size[0] * size[1], self.info.generator, self.precision)

    def cost(self, size: tuple[int, int]) -> dict[str, int]:
        """Return parameters and multiply-adds for a picture of (width, height)."""
        return generator_cost(self.info.generator, size)

    def _generate(self, picture: Tensor) -> Tensor:
        if picture.shape[2] * picture.shape[3] <= self.tile_above:
            translated: Tensor = self._network(picture.to(self.device))
            return translated.cpu()
        try:
            return in_strips(self._in_strips, picture)
        except OSError as error:
            raise RunFailed(
                f"Strips of a large picture cannot be kept in {gettempdir()} "
                f"({error.strerror or error}); name a folder with more room in TMPDIR."
            ) from None


def load_translator(
    model: str | Path,
    direction: str = "a2b",
    *,
    tile: Tile = "auto",
    precision: Precision | Literal["auto"] = "auto",
    device: str = "cpu",
    base: str | None = None,
    caption: str | None = None,
) -> Translator:
    """Return the translator of a run, of a checkpoint folder, of a generators or adapter file.

    Args:
        model: the path of one of these, or of a file of CycleGAN-turbo's (.pkl).
        direction: "a2b" or "b2a".
        tile: pixels above which a picture is computed in strips, in little memory; "auto" where it
            would take more than 1.3 GB, "off" never. A network with attention knows "off" alone.
        precision: "fp32"; "bf16"; "mixed", which is bf16 in the residual blocks alone; or "auto":
            what is faster on this machine and, on a probe, within two grey levels of fp32 (three on
            pictures); found out once and remembered.
        device: where to compute: "auto", "cpu", "cuda", "cuda:1", "mps". Under torchrun "auto" and
            "cuda" give each process of a machine a GPU of its own.
        base: of an adapter: the model that was adapted, where it is no longer at its place of then.
            Of CycleGAN-turbo: SD-Turbo's folder, or its name on the Hugging Face Hub; the .pkl's
            own folder is looked into first.
        caption: of CycleGAN-turbo alone: what results ought to show; published files have theirs.

    Raises:
        UserError: there is no model at that path, it has no such direction, it cannot be tiled, or
            there is no such device.
    """
    if is_turbo(Path(model)):
        from recyclegan.translation.turbo import load_turbo

        return load_turbo(
            Path(model), direction, tile, precision, own_device(device), base, caption
        )
    if caption:
        raise UserError(
            f"{model} is no file of CycleGAN-turbo's (.pkl), which --caption is for; leave it out."
        )
    path = find_generators(Path(model))
    tensors, info = read_model(path, base)
    if direction not in info.directions:
        named = ", ".join(
            f"{name} ({info.domains[name[0]]} → {info.domains[name[2]]})"
            for name in info.directions
        )
        raise UserError(f"{path} has no direction {direction!r}; it has {named}.")
    weights = weights_of(tensors, direction)
    generator = ResNetGenerator(**asdict(info.generator))
    try:
        generator.load_state_dict(weights)
    except RuntimeError:
        raise UserError(
            f"The weights in {path} do not fit the generator that it describes: it is damaged."
        ) from None
    return PictureTranslator(generator, info, direction, path, tile, precision, own_device(device))


def own_device(name: str) -> torch.device:
    """Return the device of a name, under torchrun one for each process of a machine."""
    device = find_device(name, "--device")
    if device.type == "cuda" and device.index is None and ranks.world_size() > 1:
        return ranks.join("cuda")
    return device


def _choices_path() -> Path:
    return user_cache_dir() / "precision.json"


def _tile_above(
    tile: Tile, generator: ResNetGenerator, info: GeneratorInfo, precision: Precision
) -> float:
    """Return the number of pixels above which a picture is computed in strips."""
    if isinstance(tile, int):
        if tile < 1:
            raise UserError(f"--tile {tile} is no number of pixels; give 1 or more, auto or off.")
        if not can_be_tiled(generator):
            raise UserError(
                f"{info.variant} has attention, which needs a picture as a whole; leave --tile out."
            )
        return tile
    if tile == "off" or not can_be_tiled(generator):
        return float("inf")
    return MEMORY / whole_bytes(1, info.generator, precision)


def pad(picture: Tensor, multiple: int) -> Tensor:
    """Mirror a picture (3,H,W) at its right and lower border to sizes that the generator takes.

    A mirrored border looks like picture to the network; NumPy's mirror also serves pictures that
    are smaller than what they lack.
    """
    smallest = SMALLEST_STAGE * multiple
    goals = [max(smallest, -(-side // multiple) * multiple) for side in picture.shape[1:]]
    missing = [goal - side for goal, side in zip(goals, picture.shape[1:], strict=True)]
    if not any(missing):
        return picture  # A second copy of 12 megapixels would take 144 MB.
    widths = ((0, 0), *((0, lack) for lack in missing))
    return torch.from_numpy(np.pad(picture.numpy(), widths, mode="reflect"))
