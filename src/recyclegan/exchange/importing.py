"""A generator of the public CycleGAN code becomes one that every command here takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from recyclegan.atomic import write_atomically
from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes
from recyclegan.checkpoint.store import GENERATORS
from recyclegan.config import GeneratorConfig
from recyclegan.errors import UserError
from recyclegan.exchange.layout import (
    SECOND_AFTER_DROPOUT,
    Layer,
    empty_tensors,
    layers,
    names,
    public_generator,
)
from recyclegan.exchange.recognising import is_statistic, refuse_foreign
from recyclegan.networks.weights import check_fit, read_weights
from recyclegan.variants.study import CYCLEGAN

Direction = Literal["a2b", "b2a"]
OTHER: dict[Direction, Direction] = {"a2b": "b2a", "b2a": "a2b"}


@dataclass(frozen=True)
class PublicGenerator:
    """A generator as it was found: tensors by their names there, all of them finite numbers.

    `num_statistics` counts the running means and variances that old versions of torch kept for
    InstanceNorm and never used.
    """

    path: Path
    config: GeneratorConfig
    layers: list[Layer]
    tensors: Mapping[str, Tensor]
    has_dropout: bool
    num_statistics: int

    def own_tensors(self, direction: Direction) -> dict[str, Tensor]:
        """Return the tensors by their names in a generators file, no two in the same memory."""
        return {
            f"generator_{direction}.{own}": self.tensors[public].clone()
            for own, public in names(self.layers).items()
        }


@dataclass(frozen=True)
class Imported:
    """The file that was written, what it says of itself, and what it was made of."""

    path: Path
    info: GeneratorInfo
    generators: dict[Direction, PublicGenerator]


def import_weights(
    file: str | Path,
    out: str | Path,
    *,
    direction: Direction = "a2b",
    back: str | Path | None = None,
    domains: tuple[str, str] = ("a", "b"),
    size: int = CYCLEGAN.images.size,
    overwrite: bool = False,
) -> Imported:
    """Write a generators file of one or two generators of the public CycleGAN code.

    Args:
        file: the generator's checkpoint (`latest_net_G.pth`, `latest_net_G_A.pth`).
        out: a folder, or a file that ends in .safetensors.
        direction: which way it translates.
        back: the checkpoint of the other direction (`latest_net_G_B.pth`).
        domains: what the pictures of a and of b are called.
        size: side in pixels of the squares that it was trained on.
        overwrite: whether a file at `out` is replaced.

    Raises:
        UserError: the place is taken, or a file is not such a generator, whole and finite; nothing
            but tensors is ever unpickled, and nothing was written.
    """
    out = Path(out)
    path = out if out.suffix == ".safetensors" else out / GENERATORS
    if path.exists() and not overwrite:
        raise UserError(f"--out {path} is there already; name another place, or give --overwrite.")
    if not all(name.strip() for name in domains) or domains[0] == domains[1]:
        raise UserError(f"--names {' '.join(domains)}: give a and b a name each, two that differ.")
    if size < 1:
        raise UserError(f"--size {size} is no number of pixels; give 1 or more.")
    found = {direction: read_public(Path(file))}
    if back is not None:
        found[OTHER[direction]] = read_public(Path(back))
        _require_alike(*found.values())
    info = GeneratorInfo(
        variant=CYCLEGAN.variant,
        generator=found[direction].config,
        domains=dict(zip("ab", domains, strict=True)),
        directions=tuple(sorted(found)),
        size=size,
        step=0,
    )
    tensors = {k: v for way, one in found.items() for k, v in one.own_tensors(way).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, generators_bytes(tensors, info))
    return Imported(path, info, found)


def read_public(path: Path) -> PublicGenerator:
    """Return the generator in a checkpoint of the public CycleGAN code.

    Raises:
        UserError: it holds another network, not all of one, or values that are no numbers.
    """
    if not path.is_file():
        raise UserError(f"{path} is no file; give that of a generator (latest_net_G*.pth).")
    content = read_weights(path)
    refuse_foreign(content, path)
    tensors = {name: value for name, value in content.items() if not is_statistic(name)}
    blocks = len({found[1] for name in tensors if (found := re.match(r"model\.(\d+)\.conv", name))})
    has_dropout = any(f".conv_block.{SECOND_AFTER_DROPOUT}." in name for name in tensors)
    first = tensors.get("model.1.weight")
    features = len(first) if first is not None and first.ndim else CYCLEGAN.generator.features
    config = public_generator(features, blocks)
    all_layers = layers(blocks, dropout=has_dropout)
    expected = {names(all_layers)[own]: value for own, value in empty_tensors(config).items()}
    check_fit(expected, tensors, f"a public CycleGAN generator (resnet_{blocks}blocks)", path)
    for name, value in tensors.items():
        if not (value.is_floating_point() and bool(value.isfinite().all())):
            raise UserError(
                f"{path}: {name} holds values that are no finite numbers; take an earlier epoch."
            )
    statistics = len(content) - len(tensors)
    return PublicGenerator(path, config, all_layers, tensors, has_dropout, statistics)


def _require_alike(one: PublicGenerator, other: PublicGenerator) -> None:
    if one.config != other.config:
        told = [f"{g.path} has {g.config.features} x {g.config.blocks}" for g in (one, other)]
        raise UserError(
            f"{' and '.join(told)} (features x residual blocks), and a model has both alike; "
            "import each into a file of its own."
        )
