"""`recyclegan data scenes`: rendered streets with both versions of the same geometry known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse

Task = Literal["day2night", "hazy2clear"]


@dataclass(frozen=True)
class ScenesArguments:
    """Render a dataset of street scenes whose true translations are known."""

    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The dataset directory to make."""
    task: Task = "day2night"
    """Domain A and domain B."""
    num: int = 200
    """Training pictures of each domain; the two come from different scenes."""
    num_test: int | None = None
    """Test pictures of each domain, with their truth; by default a tenth of --num, at least 8."""
    size: int = 128
    """Side of the square pictures in pixels."""
    seed: int = 0
    """Seed of the scenes: the same seed draws the same pictures."""
    extras: bool = False
    """Write depth and class maps of the test scenes too."""
    overwrite: bool = False
    """Replace scenes that are already there."""


def main(args: Sequence[str]) -> int:
    """Render scenes; return the exit status."""
    given = parse(ScenesArguments, args, "data scenes")
    from rich.console import Console

    from recyclegan.counting import counted
    from recyclegan.data.scenes.dataset import write_scenes

    console = Console()
    with counted(console, "Rendering") as on_progress:
        write_scenes(
            given.out,
            task=given.task,
            num=given.num,
            num_test=given.num_test,
            size=given.size,
            seed=given.seed,
            extras=given.extras,
            overwrite=given.overwrite,
            on_progress=on_progress,
        )
    console.print(
        f"Scenes in {given.out}; train with: recyclegan train recyclegan --data "
        f"{given.out} --out RUN --images.size {max(32, given.size // 8 * 8)}",
        highlight=False,
        soft_wrap=True,
    )
    return 0
