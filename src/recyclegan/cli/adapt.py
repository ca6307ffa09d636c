"""`recyclegan adapt`: a trained model on to a new city, camera or season, with few pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class Optimizer:
    """How fast, where it is not as the model was trained."""

    lr_generator: float | None = None
    """Learning rate of the generators: 1e-4, and 2e-3 for norm."""
    lr_discriminator: float | None = None
    """Learning rate of the discriminators."""
    batch: int | None = None
    """Pictures of each domain in a step."""


@dataclass(frozen=True)
class Images:
    """How pictures are read, where it is not as the model was trained."""

    size: int | None = None
    """Side of the square crop in pixels."""
    test_fraction: float | None = None
    """Share held out where the folders bring no split of their own."""


@dataclass(frozen=True)
class Train:
    """How long, when to look and save, and where to compute."""

    steps: int | None = None
    """Budget in steps; 2,000 where nothing is said."""
    minutes: float | None = None
    """Budget in minutes instead."""
    precision: Literal["auto", "fp32", "amp", "bf16", "fp16"] | None = None
    """Arithmetic of the networks."""
    device: str | None = None
    """Where to compute: auto, cpu, cuda, cuda:1, mps."""
    threads: int | None = None
    """CPU threads; 0 leaves the choice to torch."""
    log_steps: int | None = None
    """Steps between two lines of metrics.jsonl."""
    save_steps: int | None = None
    """Steps between two checkpoints, instead of minutes."""
    eval_steps: int | None = None
    """Steps between two held-out evaluations, instead of minutes."""
    eval_images: int | None = None
    """Held-out pictures of each domain that an evaluation looks at."""
    on_divergence: Literal["warn", "rollback", "stop"] | None = None
    """When training goes wrong: say so, go back and halve the rate, or stop."""


@dataclass(frozen=True)
class AdaptArguments:
    """Take a trained model to a new city, camera or season, with 50 to 200 pictures of each kind.

    What is trained is an adapter: a change of low rank (LoRA) to every convolution between the
    first and the last, and these two themselves. All other weights stay as they are, so that the
    adapter is a small file, `adapter.safetensors` in each checkpoint, which names its base by its
    hash: `recyclegan translate` takes it for a model, and `recyclegan adapt merge` makes a plain
    one of it. Beside it lies the whole model, so that a run is translated, evaluated and resumed as
    any other. Transposed convolutions, as in `cyclegan`, have no adapter and stay as they are.
    """

    model: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MODEL")]
    """A run directory, a checkpoint folder or a generators.safetensors, with the directions of its
    variant: both, or the one of a one-sided one."""
    data: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR]")]
    """The new pictures, as for `train`: a dataset directory, or the two folders."""
    out: Annotated[Path, tyro.conf.arg(metavar="RUN")]
    """The run directory to make."""
    tune: Literal["lora", "norm", "full"] = "lora"
    """What is trained: adapters; a gain and an offset for each map after every normalisation, which
    are added to the model; or all weights, as `train --train.start-from` does."""
    rank: Annotated[int, tyro.conf.arg(metavar="R")] = 4
    """Rank of the adapters: twice the rank is twice the file."""
    optimizer: Optimizer = field(default_factory=Optimizer)
    images: Images = field(default_factory=Images)
    train: Train = field(default_factory=Train)
    seed: int = 0
    """Seed of everything random."""
    overwrite: bool = False
    """Replace a run that is already at --out."""


def main(args: Sequence[str]) -> int:
    """Adapt; return the exit status."""
    given = parse(AdaptArguments, args, "adapt")
    from recyclegan.training.adapting import adaptation
    from recyclegan.training.start import train

    config = adaptation(given.model, tune=given.tune, rank=given.rank)
    optimizer, images, timing = (
        {name: value for name, value in asdict(part).items() if value is not None}
        for part in (given.optimizer, given.images, given.train)
    )
    if "minutes" in timing:
        timing = {"steps": None} | timing
    config = replace(
        config,
        optimizer=replace(config.optimizer, **optimizer),
        images=replace(config.images, **images),
        train=replace(config.train, **timing),
        seed=given.seed,
    )
    return 0 if train(config, given.data, given.out, overwrite=given.overwrite) else 1
