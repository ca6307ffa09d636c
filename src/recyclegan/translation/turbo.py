"""CycleGAN-turbo as a translator like any other."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from recyclegan.errors import UserError
from recyclegan.images.decoding import as_rgb
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.memory import machine_memory
from recyclegan.translation.arithmetic import Precision
from recyclegan.translation.cost import MULTIPLY_ADDS, PARAMETERS
from recyclegan.translation.protocol import TooLarge
from recyclegan.translation.translator import Tile, pad
from recyclegan.turbo.base import find_adapters, find_base, require_packages
from recyclegan.turbo.published import TASKS, Task, read_published

NO_DOMAINS = {"a": "a", "b": "b"}

NUM_MAPS, FEATURES_OF_FIRST = 8, 2
"""Maps of full size that are there at once in the autoencoder, and how wide, as measured."""


class TurboTranslator:
    """Translates one picture at a time in one direction, whatever its size and mode.

    A picture is padded to multiples of 8 and computed whole: attention needs all of it.
    """

    variant = "cyclegan-turbo"
    step: int | None = None

    def __init__(
        self,
        network: Any,
        path: Path,
        direction: str,
        domains: Mapping[str, str],
        made_with: Mapping[str, str],
        precision: Precision,
        device: torch.device,
    ) -> None:
        self.precision = precision
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.device = device
        self.network = network.eval().requires_grad_(False).to(device, self.dtype)
        self.path, self.direction, self.made_with = path, direction, made_with
        source, target = direction.split("2")
        self.source, self.target = domains[source], domains[target]

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return the translation of a picture, RGB and of the same size.

        Raises:
            TooLarge: it would not fit into this machine's memory.
        """
        rgb = as_rgb(picture)
        weights = sum(values.nbytes for values in self.network.parameters())
        wanted, there = weights + self.num_bytes(rgb.size), machine_memory()
        if there is not None and wanted > there:
            raise TooLarge(
                f"{rgb.width}x{rgb.height} pixels take CycleGAN-turbo {wanted / 1e9:.0f} GB with "
                f"its weights, and this machine has {there / 1e9:.0f}; make it smaller first"
            )
        padded = pad(to_tensor(rgb), self.network.size_multiple)
        with torch.inference_mode():
            translated = self.network(padded[None].to(self.device, self.dtype))[0].float().cpu()
        return to_image(translated[:, : rgb.height, : rgb.width])

    def num_bytes(self, size: tuple[int, int]) -> float:
        """Return what the maps of a picture of (width, height) take at once."""
        features = FEATURES_OF_FIRST * self.network.vae.config.block_out_channels[0]
        return float(NUM_MAPS * features * self.dtype.itemsize * size[0] * size[1])

    def cost(self, size: tuple[int, int]) -> dict[str, int]:
        """Return parameters and multiply-adds for a picture of (width, height).

        Those of one direction; the text encoder, which runs once a translation, is left out.
        """
        multiple = self.network.size_multiple
        width, height = (-(-side // multiple) * multiple for side in size)
        network = _without_values(self.network)
        return {
            PARAMETERS: sum(values.numel() for values in network.parameters()),
            MULTIPLY_ADDS: num_multiply_adds(network, height, width),
        }


def load_turbo(
    model: Path,
    direction: str,
    tile: Tile,
    precision: Precision | Literal["auto"],
    device: torch.device,
    base: str | None,
    caption: str | None,
) -> TurboTranslator:
    """Return the translator of a file of CycleGAN-turbo's, or of a folder with it and SD-Turbo.

    Args:
        model: the .pkl, or a folder of SD-Turbo that holds one.
        direction: "a2b" or "b2a".
        tile: "auto" or "off", which are the same here.
        precision: "bf16", or "fp32", which is also what "auto" means.
        device: where to compute.
        base: the folder of SD-Turbo or its name on the Hub; None: the .pkl's own folder.
        caption: what the results ought to show; None: what the authors use for their file.

    Raises:
        UserError: a package, a file or the caption is missing, a file is not what it should be, or
            strips or mixed precision are asked for.
    """
    require_packages()
    if isinstance(tile, int):
        raise UserError("CycleGAN-turbo needs a picture as a whole; leave --tile out.")
    if precision == "mixed":
        raise UserError("CycleGAN-turbo knows --precision fp32 and bf16; give one of these.")
    path = find_adapters(model)
    task = TASKS.get(path.stem)
    caption = caption or _caption(task, direction, path)
    folder = find_base(path, base)
    published = read_published(path)
    from recyclegan.turbo.loading import load_network

    network = load_network(published, folder, direction, caption, path)
    made_with = {"caption": caption, "base": folder.resolve().name}
    domains = task.domains if task else NO_DOMAINS
    chosen: Precision = "fp32" if precision == "auto" else precision
    return TurboTranslator(network, path, direction, domains, made_with, chosen, device)


def _caption(task: Task | None, direction: str, path: Path) -> str:
    if task is None or task.direction != direction:
        raise UserError(
            f"{path} has no known caption for {direction}: say with --caption what the results "
            'ought to show, such as "driving in the night".'
        )
    return task.caption


def num_multiply_adds(network: nn.Module, height: int, width: int) -> int:
    """Return those of a pass of one picture (1,3,H,W): half of torch's count of operations.

    The network is on the "meta" device, where nothing is computed.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 3, height, width, device="meta"))
    return counter.get_total_flops() // 2


def _without_values(network: nn.Module) -> nn.Module:
    """Return a copy on the "meta" device, without copying a value first."""
    memo: dict[int, Any] = {
        id(value): nn.Parameter(value.to("meta")) for value in network.parameters()
    }
    memo |= {id(value): value.to("meta") for value in network.buffers()}
    return deepcopy(network, memo)
