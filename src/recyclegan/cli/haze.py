"""`recyclegan data haze`: aligned hazy and clear crops from the published haze sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class HazeArguments:
    """Cut pairs of one place in haze and in clear air into a dataset with truth."""

    src: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SRC")]
    """The unpacked archive, at any depth; folders are known by their names, in any case."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The dataset directory to make."""
    kind: Literal["o-haze", "i-haze", "d-hazy"]
    """o-haze, i-haze: pairs from the folders hazy and GT (or clear). d-hazy: clear pictures from
    GT (or clear, image) with their depth from the folder depth, to which haze is added."""
    size: int = 256
    """Side of the square crops in pixels."""
    short_side: int | None = None
    """Short side in pixels to which pairs are shrunk first, never enlarged; 4 times --size by
    default."""
    betas: tuple[float, ...] = (0.1, 0.2, 0.4)
    """d-hazy: strengths of haze in 1/m; each makes a hazy version of every crop."""
    depth_scale: float = 0.001
    """d-hazy: metres that one level of a 16-bit depth map stands for."""
    max_depth: float = 10.0
    """d-hazy: metres at the full range of an 8-bit depth map."""
    seed: int = 0
    """Seed of the split by picture, four fifths for training."""
    overwrite: bool = False
    """Replace a dataset that is already there."""


def main(args: Sequence[str]) -> int:
    """Make the dataset; return 0, or 1 where a file could not be read."""
    given = parse(HazeArguments, args, "data haze")
    from rich.console import Console

    from recyclegan.cli.preparation_tables import print_dropped, print_split
    from recyclegan.counting import counted
    from recyclegan.data.haze import UNREADABLE, HazeSettings, prepare_haze

    console = Console()
    settings = HazeSettings(
        kind=given.kind,
        size=given.size,
        short_side=given.short_side,
        betas=given.betas,
        depth_scale=given.depth_scale,
        max_depth=given.max_depth,
        seed=given.seed,
    )
    with counted(console, "Cutting pairs") as on_progress:
        prepared = prepare_haze(
            given.src, given.out, settings, overwrite=given.overwrite, on_progress=on_progress
        )
    print_dropped(console, prepared.dropped)
    print_split(console, prepared.counts)
    console.print(
        f"Hazy and clear in {given.out}; train with: recyclegan train recyclegan --data "
        f"{given.out} --out RUN --images.size {given.size // 8 * 8}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return int(any(outcome.dropped == UNREADABLE for outcome in prepared.dropped.values()))
