"""`recyclegan share`: a trained model as a folder with its card, also on the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class ShareArguments:
    """Write a model to hand on: generators.safetensors, config.json, README.md and a sample."""

    model: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MODEL")]
    """A run directory, a checkpoint folder, a generators.safetensors or an adapter.safetensors."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DIR")]
    """The folder to write; `translate` and `serve` take it as MODEL."""
    push: Annotated[str | None, tyro.conf.arg(metavar="OWNER/NAME")] = None
    """Upload it to the Hugging Face Hub under this name; `hub://OWNER/NAME` is its MODEL then."""
    private: bool = False
    """Of --push: let nobody else see it."""
    license: str = "unknown"
    """The model's licence, as the Hub calls it: mit, cc-by-4.0, ..."""
    sample: bool = True
    """Take the run's last sample grid along, which shows pictures of its data."""
    base: str | None = None
    """Of an adapter: the model that was adapted, where it is no longer at its place of then."""
    overwrite: bool = False
    """Replace a shared model that is at DIR already."""


def main(args: Sequence[str]) -> int:
    """Share; return the exit status."""
    given = parse(ShareArguments, args, "share")
    from recyclegan.sharing.pushing import check_repo, push

    if given.push:
        check_repo(given.push)
    from recyclegan.sharing.folder import UNKNOWN_LICENSE, save_pretrained

    folder = save_pretrained(
        given.model,
        given.out,
        license_name=given.license,
        sample=given.sample,
        address=given.push,
        base=given.base,
        overwrite=given.overwrite,
    )
    print(f"Wrote {folder}; try it with: recyclegan serve {folder}")
    if given.license == UNKNOWN_LICENSE:
        print("Its card names no licence; say under which it may be used with --license.")
    if given.push:
        print(f"Uploading to {given.push}.", flush=True)
        print(f"Others load it as {push(folder, given.push, private=given.private)}")
    return 0
