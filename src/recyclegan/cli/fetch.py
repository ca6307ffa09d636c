"""`recyclegan data fetch nexet`: the Nexet archive from its Kaggle copy."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import RunFailed, UserError

HANDLE = "solesensei/nexet-original"
PAGE = f"https://www.kaggle.com/datasets/{HANDLE}"


@dataclass(frozen=True)
class FetchArguments:
    """Fetch the Nexet archive; called again after a cut, it goes on."""

    name: Annotated[tyro.conf.Positional[Literal["nexet"]], tyro.conf.arg(metavar="nexet")]
    """The archive."""
    out: Path | None = None
    """Where to put it; by default kagglehub's own cache."""


def main(args: Sequence[str]) -> int:
    """Fetch the archive; return the exit status."""
    given = parse(FetchArguments, args, "data fetch")
    try:
        import kagglehub
    except ImportError:
        raise UserError(
            f'Fetching needs kagglehub: pip install "recyclegan[curate]", or unpack {PAGE} by hand.'
        ) from None
    place = {"output_dir": str(given.out)} if given.out else {}
    try:
        folder = kagglehub.dataset_download(HANDLE, **place)
    # Network, credentials and disk fail in kagglehub's, requests' and the system's own ways.
    except Exception as error:
        raise RunFailed(
            f"{PAGE} could not be fetched ({type(error).__name__}): check the network and that "
            "you are logged in to Kaggle, and call again to go on; or fetch it by hand."
        ) from error
    print(f"Nexet in {folder}; next: recyclegan data nexet {shlex.quote(str(folder))} OUT")
    return 0
