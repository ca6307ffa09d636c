"""`recyclegan import-weights`: generators of the public CycleGAN code, made usable here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse

if TYPE_CHECKING:
    from rich.table import Table

    from recyclegan.exchange.importing import PublicGenerator


@dataclass(frozen=True)
class ImportWeightsArguments:
    """Make a model of a generator that the public CycleGAN code trained (latest_net_G*.pth).

    Its ResNet generators are read, of any width and number of blocks, saved on any device by any
    version of torch. Nothing in the file is run: it may hold tensors and nothing else. What was
    found is printed part by part, and a file that does not match as a whole is refused. The result
    is a model like any other, whose pictures are those of the public code to 1e-5, and
    `train --train.start-from` trains it further.
    """

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE.pth")]
    """A generator's checkpoint: latest_net_G.pth, or latest_net_G_A.pth, which is A to B."""
    out: Annotated[Path, tyro.conf.arg(metavar="MODEL")]
    """A folder, which gets a generators.safetensors, or a file that ends in .safetensors."""
    direction: Annotated[Literal["a2b", "b2a"], tyro.conf.arg(metavar="a2b|b2a")] = "a2b"
    """Which way it translates."""
    back: Annotated[Path | None, tyro.conf.arg(metavar="FILE.pth")] = None
    """The checkpoint of the other direction, latest_net_G_B.pth."""
    names: Annotated[tuple[str, str], tyro.conf.arg(metavar="A B")] = ("a", "b")
    """What the pictures of a and of b are called: day night."""
    size: int = 256
    """Side in pixels of the squares that it was trained on."""
    overwrite: bool = False
    """Replace a model that is at --out already."""


def main(args: Sequence[str]) -> int:
    """Import; return the exit status."""
    given = parse(ImportWeightsArguments, args, "import-weights")
    from rich.console import Console

    from recyclegan.exchange.importing import import_weights

    console = Console()
    imported = import_weights(
        given.file,
        given.out,
        direction=given.direction,
        back=given.back,
        domains=given.names,
        size=given.size,
        overwrite=given.overwrite,
    )
    domains = imported.info.domains
    for direction, generator in imported.generators.items():
        there, here = (domains[domain] for domain in direction.split("2"))
        words = f"{direction}, {there} → {here}: {describe(generator)}"
        console.print(words, highlight=False, markup=False, soft_wrap=True)
        console.print(matches(generator))
    console.print(f"Wrote {imported.path}", highlight=False, markup=False, soft_wrap=True)
    return 0


def describe(generator: PublicGenerator) -> str:
    """Return a sentence on what a file was found to hold."""
    config, notes = generator.config, []
    if generator.num_statistics:
        notes.append(f"{generator.num_statistics} running statistics left out, which it never used")
    if generator.has_dropout:
        notes.append("trained with dropout, which is off in translation")
    told = "".join(f"; {note}" for note in notes)
    return (
        f"all {len(generator.tensors)} tensors of {generator.path} match, {config.features} "
        f"features and {config.blocks} residual blocks{told}."
    )


def matches(generator: PublicGenerator) -> Table:
    """Return a table of the parts of a generator, with where each was found."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, side in (("part", "left"), ("in the file", "left"), ("values", "right")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for part in dict.fromkeys(layer.part for layer in generator.layers):
        names = [layer.public for layer in generator.layers if layer.part == part]
        place = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
        values = sum(
            generator.tensors[f"{name}.{kind}"].numel()
            for name in names
            for kind in ("weight", "bias")
        )
        table.add_row(part, place, f"{values:,}")
    return table
