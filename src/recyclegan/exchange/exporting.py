"""A generator trained here becomes a checkpoint that the public CycleGAN code loads."""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from recyclegan.atomic import write_atomically
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, read_generators, weights_of
from recyclegan.config import GeneratorConfig
from recyclegan.errors import UserError
from recyclegan.exchange.layout import empty_tensors, layers, names, public_generator
from recyclegan.networks.weights import check_fit

NUM_BLOCKS = (6, 9)
"""Residual blocks of the generators that the public code has a name for."""


@dataclass(frozen=True)
class Exported:
    """The file that was written, the direction it translates, and the flags that load it there."""

    path: Path
    direction: str
    flags: str


def export_weights(
    model: str | Path, out: str | Path, *, direction: str | None = None, overwrite: bool = False
) -> Exported:
    """Write one generator of a model as a state dict with the public CycleGAN code's names.

    Args:
        model: a run, a checkpoint folder or a generators file.
        out: the file, such as latest_net_G.pth.
        direction: "a2b" or "b2a"; may be left out where the model has one.
        overwrite: whether a file at `out` is replaced.

    Raises:
        UserError: the place is taken, the model has no such direction, or its architecture is none
            that the public code has: names what differs.
    """
    out, path = Path(out), find_generators(Path(model))
    if out.is_dir():
        raise UserError(f"{out} is a folder; name a file, such as {out / 'latest_net_G.pth'}.")
    if out.exists() and not overwrite:
        raise UserError(f"{out} is there already; name another place, or give --overwrite.")
    tensors, info = read_generators(path)
    direction = _direction(direction, info, path)
    _require_expressible(info.generator, path)
    weights = weights_of(tensors, direction)
    check_fit(empty_tensors(info.generator), weights, "the generator that it describes", path)
    named = names(layers(info.generator.blocks))
    state = OrderedDict((public, weights[own]) for own, public in named.items())
    buffer = io.BytesIO()
    torch.save(state, buffer)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, buffer.getvalue())
    generator = info.generator
    flags = f"--netG resnet_{generator.blocks}blocks --ngf {generator.features} --norm instance"
    return Exported(out, direction, f"{flags} --no_dropout")


def _direction(wanted: str | None, info: GeneratorInfo, path: Path) -> str:
    if wanted is None and len(info.directions) == 1:
        return info.directions[0]
    if wanted not in info.directions:
        have = " and ".join(info.directions)
        said = f"has no direction {wanted!r}" if wanted else "has more than one direction"
        raise UserError(f"{path} {said}; name one of its with --direction: {have}.")
    return wanted


def _require_expressible(config: GeneratorConfig, path: Path) -> None:
    """Refuse what the public code's generator has no layer for."""
    there = asdict(public_generator(config.features, config.blocks))
    ours = asdict(config) | {"max_features": max(config.max_features, there["max_features"])}
    unlike = [
        f"{name} {ours[name]} ({there[name]} there)" for name in there if ours[name] != there[name]
    ]
    if config.max_features < 4 * config.features:
        unlike.append(f"max_features {config.max_features} (no limit there)")
    if config.blocks not in NUM_BLOCKS:
        unlike.append(f"blocks {config.blocks} (6 or 9 there)")
    if unlike:
        raise UserError(
            f"{path} is of a generator that the public CycleGAN code cannot build: "
            f"{', '.join(unlike)}; the variant cyclegan can be exported."
        )
