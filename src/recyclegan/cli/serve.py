"""`recyclegan serve`: a page in which people try models with their own pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ServeArguments:
    """Open a page that translates pictures and camera shots, with several models side by side."""

    models: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="MODEL")]
    """A run, a checkpoint folder, a shared folder, a generators.safetensors or hub://OWNER/NAME;
    with a name of your choice as NAME=MODEL. Up to eight."""
    port: int = 7860
    """Port to listen on; 0 takes any that is free."""
    host: str = "127.0.0.1"
    """Address to listen on; the default can be reached from this machine alone."""
    device: str = "auto"
    """Where to compute: auto (a GPU where there is one), cpu, cuda, cuda:1, mps."""
    max_side: int = 1536
    """Pixels of the longer side above which a picture is made smaller first."""
    max_megapixels: float = 50
    """Pictures of more are refused before they are decoded."""
    max_megabytes: float = 30
    """Files of more are refused."""
    max_files: int = 50
    """Pictures that one batch may have."""
    keep_minutes: float = 60
    """Minutes after which pictures and results are deleted."""


def main(args: Sequence[str]) -> int:
    """Serve until Ctrl-C; return 0."""
    given = parse(ServeArguments, args, "serve")
    _check(given)
    from recyclegan.serving.server import Place, require_web, serve

    require_web()
    from recyclegan.serving.uploads import MEGA, Limits

    limits = Limits(
        num_bytes=round(given.max_megabytes * MEGA),
        num_pixels=round(given.max_megapixels * MEGA),
        num_files=given.max_files,
        side=given.max_side,
    )
    place = Place(given.host, given.port, max(1, round(given.keep_minutes * 60)))

    def say(address: str) -> None:
        print(f"Open {address} Ctrl-C stops.", flush=True)
        if given.host not in LOOPBACK:
            print(f"Whoever can reach {given.host} can use it, unencrypted.", flush=True)

    serve(given.models, limits, place, device=given.device, on_ready=say)
    return 0


def _check(given: ServeArguments) -> None:
    if not given.models:
        raise UserError("serve needs a MODEL; `recyclegan serve --help` says what may be one.")
    if not 0 <= given.port <= 65535:
        raise UserError(f"--port {given.port}: between 0 and 65535 is wanted.")
    for flag, value, least in (
        ("--max-side", given.max_side, 32),
        ("--max-megapixels", given.max_megapixels, 0.01),
        ("--max-megabytes", given.max_megabytes, 0.01),
        ("--max-files", given.max_files, 1),
        ("--keep-minutes", given.keep_minutes, 0.01),
    ):
        if value < least:
            raise UserError(f"{flag} {value:g}: at least {least:g} is wanted.")
