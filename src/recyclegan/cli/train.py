"""`recyclegan train`: two folders in, a trained translator out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.config import (
    Config,
    DiscriminatorConfig,
    GeneratorConfig,
    ImageConfig,
    LossConfig,
    OptimizerConfig,
    TrainConfig,
)
from recyclegan.errors import UserError
from recyclegan.variants.registry import VARIANTS, get_variant

USAGE = """\
usage: recyclegan train VARIANT --data DIR --out RUN [--train.minutes M] [--any.field V]

Train a translator from two folders of unpaired pictures. VARIANT is one of:

{variants}

`recyclegan train VARIANT --help` lists every field with that variant's values."""


def main(args: Sequence[str]) -> int:
    """Train the variant named first; return the exit status."""
    if not args or args[0] in ("-h", "--help"):
        lines = (f"  {name:<20}{config.description}" for name, config in VARIANTS.items())
        print(USAGE.format(variants="\n".join(lines)))
        return 0 if args else 2
    if args[0].startswith("-"):
        raise UserError("Name the variant first: recyclegan train VARIANT --data DIR --out RUN.")
    variant = get_variant(args[0])
    given = parse(TrainArguments, args[1:], f"train {args[0]}", default=_arguments(variant))
    from recyclegan.training.start import train

    config = replace(variant, **{name: getattr(given, name) for name in FIELDS})
    return 0 if train(config, given.data, given.out, overwrite=given.overwrite) else 1


FIELDS = ("generator", "discriminator", "losses", "optimizer", "images", "train", "seed")


@dataclass(frozen=True)
class TrainArguments:
    """Train a variant on two folders of unpaired pictures, into a run directory."""

    data: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR]")]
    """A dataset directory (trainA trainB ..., or two sub-folders), or the two folders."""
    out: Annotated[Path, tyro.conf.arg(metavar="RUN")]
    """The run directory to make."""
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    losses: LossConfig
    optimizer: OptimizerConfig
    images: ImageConfig
    train: TrainConfig
    seed: int
    """Seed of everything random."""
    overwrite: bool = False
    """Replace a run that is already at --out."""


def _arguments(variant: Config) -> TrainArguments:
    values = {name: getattr(variant, name) for name in FIELDS}
    return TrainArguments(data=tyro.MISSING, out=tyro.MISSING, **values)
