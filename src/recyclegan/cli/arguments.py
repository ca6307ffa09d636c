"""From words on the command line to typed values, with errors that name the flag."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence, Set
from contextlib import redirect_stderr, redirect_stdout, suppress
from difflib import get_close_matches
from itertools import dropwhile, takewhile
from typing import Any, TypeVar

import tyro

from recyclegan.errors import UserError

T = TypeVar("T")


def parse(kind: type[T], args: Sequence[str], command: str, default: T | None = None) -> T:
    """Return what `kind` makes of the arguments, starting from `default` where there is one.

    Prints help and exits where `--help` is among them.

    Raises:
        UserError: a flag is unknown or missing, or a value is of the wrong type; names the flag.
    """
    prog = f"recyclegan {command}"
    start: dict[str, Any] = {} if default is None else {"default": default}
    complaint = io.StringIO()
    try:
        with redirect_stderr(complaint):
            return tyro.cli(kind, args=list(args), prog=prog, **start)
    except SystemExit as ended:
        if not ended.code:
            raise
    help_text = io.StringIO()
    with redirect_stdout(help_text), suppress(SystemExit):
        tyro.cli(kind, args=["--help"], prog=prog, **start)
    known = set(re.findall(r"--[a-z][a-z0-9.-]*", help_text.getvalue()))
    raise UserError(_unknown_flag(args, known, prog) or _sentence(complaint.getvalue(), prog))


def _unknown_flag(args: Sequence[str], known: Set[str], prog: str) -> str | None:
    """Return a sentence on the first flag that there is not, or None where there are all."""
    for word in args:
        flag = word.split("=")[0].replace("_", "-")
        if flag.startswith("--") and flag not in known:
            near = get_close_matches(flag, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"`{prog} --help` lists them."
            return f"There is no flag {flag}; {hint}"
    return None


def _sentence(box: str, prog: str) -> str:
    """Return what tyro says first in its box, as a sentence with the way out."""
    # Without its frame, drawn or in ASCII, the box is a title, what is wrong, then where help is.
    lines = [re.sub(r"[│╭╮╰╯─]|-{4,}", " ", line).strip() for line in box.splitlines()]
    below_title = dropwhile(lambda line: not line, lines[1:])
    said = " ".join(" ".join(takewhile(bool, below_title)).split()).rstrip(".")
    return f"{said}; `{prog} --help` says more."
