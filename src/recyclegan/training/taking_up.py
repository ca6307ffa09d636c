"""One command that begins a training, and goes on with it when it is called again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from recyclegan.config import Config
from recyclegan.config.plain import flatten, to_plain
from recyclegan.errors import UserError
from recyclegan.runs.run_dir import RunDir, open_run
from recyclegan.training.start import resume, train

RESOLVED = ("train.extractor", "train.precision", "train.layout")
"""Fields whose `auto` is replaced by what it means on the machine when a training begins."""
PINNED = ("train.start_from", "train.start_sha256", "description")


def train_or_resume(
    config: Config, data: Sequence[Path], out: Path, *, console: Console | None = None
) -> bool:
    """Train, or go on with the same training where one is at `out` already.

    Returns as `train` does.

    Raises:
        UserError: the run there is another training; names the first field that differs.
        RunFailed: as in `train`.
    """
    if not RunDir(out).config_path.is_file():
        return train(config, data, out, console=console)
    _check_same(config, open_run(out)[1].config, out)
    return resume(out, data=data, console=console)


def _check_same(asked: Config, there: Config, out: Path) -> None:
    wanted, found = flatten(to_plain(asked)), flatten(to_plain(there))
    for name, value in wanted.items():
        if name in PINNED or (name in RESOLVED and value == "auto") or value == found[name]:
            continue
        flag = name if name == "variant" else f"--{name.replace('_', '-')}"
        way_out = (
            f"`recyclegan resume {out} --train.steps {value}` trains it longer"
            if name == "train.steps" and value is not None
            else f"ask for {flag} {found[name]}"
        )
        raise UserError(
            f"--or-resume: the run at {out} has {flag} {found[name]} and not {value}; {way_out}, "
            "or name another folder with --out."
        )
