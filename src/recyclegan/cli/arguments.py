"""From words on the command line to typed values, with errors that name the flag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import tyro

T = TypeVar("T")


def parse(kind: type[T], args: Sequence[str], command: str, default: T | None = None) -> T:
    """Return what `kind` makes of the arguments, starting from `default` where there is one.

    Prints help and exits where `--help` is among them; exits with status 2 at an unknown flag or
    a value of the wrong type, naming the nearest flags.
    """
    prog = f"recyclegan {command}"
    if default is None:
        return tyro.cli(kind, args=list(args), prog=prog)
    return tyro.cli(kind, args=list(args), prog=prog, default=default)
