"""`recyclegan export-weights`: a generator as a checkpoint of the public CycleGAN code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class ExportWeightsArguments:
    """Write a generator as a checkpoint that the public CycleGAN code loads, with its names.

    That code builds one kind of ResNet generator, which the variant `cyclegan` is: with skips,
    attention, an identity start, another resampling, mirrored downsamplings or other numbers of
    blocks than 6 and 9 a model is refused, and what differs is named.
    """

    model: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MODEL")]
    """A run directory, a checkpoint folder or a generators.safetensors."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT.pth")]
    """The file, such as latest_net_G.pth in a folder of that code's checkpoints."""
    direction: Annotated[Literal["a2b", "b2a"] | None, tyro.conf.arg(metavar="a2b|b2a")] = None
    """Which way; may be left out where the model has one."""
    overwrite: bool = False
    """Replace a file that is at OUT already."""


def main(args: Sequence[str]) -> int:
    """Export; return the exit status."""
    given = parse(ExportWeightsArguments, args, "export-weights")
    from recyclegan.exchange.exporting import export_weights

    exported = export_weights(
        given.model, given.out, direction=given.direction, overwrite=given.overwrite
    )
    print(f"Wrote {exported.path} ({exported.direction}); there, load it with: {exported.flags}")
    return 0
