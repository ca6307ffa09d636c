"""`recyclegan adapt merge`: an adapter and its base become a plain model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class AdaptMergeArguments:
    """Make a generators.safetensors of an adapter and its base, which needs neither any more."""

    adapter: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="ADAPTER")]
    """An adapter.safetensors, or the checkpoint folder that holds it."""
    out: Annotated[Path, tyro.conf.arg(metavar="MODEL")]
    """A folder, which gets a generators.safetensors, or a file that ends in .safetensors."""
    base: str | None = None
    """The model that was adapted, where it is no longer at its place of then: it is known by its
    hash, and no other is taken."""
    overwrite: bool = False
    """Replace a model that is at --out already."""


def main(args: Sequence[str]) -> int:
    """Merge; return the exit status."""
    given = parse(AdaptMergeArguments, args, "adapt merge")
    from recyclegan.checkpoint.adapter import merge_adapter

    path = merge_adapter(given.adapter, given.out, base=given.base, overwrite=given.overwrite)
    print(f"Wrote {path}")
    return 0
