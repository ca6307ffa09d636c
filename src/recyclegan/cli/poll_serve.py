"""`recyclegan poll serve`: a poll on a web address, for many people at once."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class PollServeArguments:
    """Let many people vote on a poll; every vote is on the disk before it is acknowledged."""

    poll: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DIR")]
    """The folder that `poll build` wrote; votes.sqlite is kept in it."""
    port: int = 8000
    """Port to listen on; 0 takes any that is free."""
    host: str = "127.0.0.1"
    """Address to listen on; the default can be reached from this machine alone."""


def main(args: Sequence[str]) -> int:
    """Serve a poll until Ctrl-C; return 0."""
    given = parse(PollServeArguments, args, "poll serve")
    if not 0 <= given.port <= 65535:
        raise UserError(f"--port {given.port}: between 0 and 65535 is wanted.")
    from recyclegan.poll.files import read_poll
    from recyclegan.poll.serving import make_server
    from recyclegan.poll.store import FILE_NAME, VoteStore

    poll = read_poll(given.poll)
    store = VoteStore(given.poll, poll.id)
    try:
        server = make_server(poll, store, given.host, given.port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            f"--host {given.host} --port {given.port} cannot be listened on ({reason}): "
            "choose another."
        ) from None
    address, port = server.server_address[:2]
    print(f"Open http://{given.host}:{port}/", flush=True)
    print(f"Votes are in {given.poll / FILE_NAME}. Ctrl-C stops; nothing is lost.", flush=True)
    if given.host not in LOOPBACK:
        print(f"Whoever can reach {address!s} can vote, unencrypted.", flush=True)
    # Also where a shell that started it in the background had interrupts ignored, and from a
    # supervisor that ends it politely.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("Stopped.")
    finally:
        server.server_close()
        store.close()
    return 0
