"""`recyclegan train`: two folders in, a trained translator out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

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
from recyclegan.variants.training_file import TrainingFile, read_training_file

USAGE = """\
usage: recyclegan train VARIANT --data DIR --out RUN [--train.minutes M] [--any.field V]
       recyclegan train [VARIANT] --config FILE.yaml [--any.field V]

Train a translator from two folders of unpaired pictures. VARIANT is one of:

{variants}

`recyclegan train VARIANT --help` lists every field with that variant's values.
`recyclegan new` writes a FILE.yaml."""

FIELDS = ("generator", "discriminator", "losses", "optimizer", "images", "train", "seed")

ALTERNATIVES = (
    ("steps", "minutes", "epochs"),
    ("save_steps", "save_minutes"),
    ("eval_steps", "eval_minutes"),
)
"""Fields that say one thing: a flag must win over what a file says by another of them."""


def main(args: Sequence[str]) -> int:
    """Train the variant named first, or what a file says; return the exit status."""
    file = _config_flag(args)
    if not args or (args[0] in ("-h", "--help") and file is None):
        lines = (f"  {name:<20}{config.description}" for name, config in VARIANTS.items())
        print(USAGE.format(variants="\n".join(lines)))
        return 0 if args else 2
    name = None if args[0].startswith("-") else args[0]
    if name is None and file is None:
        raise UserError(
            "Name the variant first: recyclegan train VARIANT --data DIR --out RUN, or a file "
            "with --config."
        )
    start = (
        TrainingFile(get_variant(name or ""), frozenset(), (), None)
        if file is None
        else read_training_file(file, name)
    )
    command = f"train {name}" if name else f"train --config {file}"
    default = _arguments(start.config, start.data, start.out)
    given = parse(TrainArguments, args[1:] if name else args, command, default=default)
    config = configured(given, start)
    if given.or_resume:
        if given.overwrite:
            raise UserError("--or-resume keeps a run and --overwrite replaces it; leave one out.")
        from recyclegan.training.taking_up import train_or_resume

        return 0 if train_or_resume(config, given.data, given.out) else 1
    from recyclegan.training.start import train

    return 0 if train(config, given.data, given.out, overwrite=given.overwrite) else 1


def configured(given: TrainArguments, start: TrainingFile) -> Config:
    """Return the configuration: flags go before the file, and the file before the variant."""
    config = replace(start.config, **{name: getattr(given, name) for name in FIELDS})
    asked, before = config.train, start.config.train
    for group in ALTERNATIVES:
        flagged = {name for name in group if getattr(asked, name) != getattr(before, name)}
        outdone = [n for n in group if n not in flagged and f"train.{n}" in start.fields]
        if flagged:
            nothing: dict[str, Any] = dict.fromkeys(outdone)
            config = replace(config, train=replace(config.train, **nothing))
    return config


def _config_flag(args: Sequence[str]) -> Path | None:
    """Return the file that is named with --config, before all else is parsed on its ground."""
    for place, word in enumerate(args):
        flag, equals, value = word.partition("=")
        if flag == "--config":
            if not equals:
                value = args[place + 1] if place + 1 < len(args) else ""
            if not value or value.startswith("-"):
                raise UserError("--config wants a YAML file; `recyclegan new` writes one.")
            return Path(value)
    return None


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
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.yaml")] = None
    """A file that says what to train; flags go before it, and it goes before the variant."""
    or_resume: bool = False
    """Go on with the run at --out where this same training was begun there already."""
    overwrite: bool = False
    """Replace a run that is already at --out."""


def _arguments(
    config: Config, data: tuple[Path, ...] = (), out: Path | None = None
) -> TrainArguments:
    return TrainArguments(
        data=data or tyro.MISSING,
        out=out or tyro.MISSING,
        **{name: getattr(config, name) for name in FIELDS},
    )
