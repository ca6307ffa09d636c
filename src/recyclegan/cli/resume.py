"""`recyclegan resume`: go on with a training, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse


@dataclass(frozen=True)
class ResumeArguments:
    """Go on with a run from its last whole checkpoint, as if it had never stopped."""

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The run directory."""
    data: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR]")] = ()
    """Where its pictures are now, if they were moved."""
    steps: Annotated[int | None, tyro.conf.arg(name="train.steps")] = None
    """Train longer: a new total of steps."""
    on_divergence: Annotated[
        Literal["warn", "rollback", "stop"] | None, tyro.conf.arg(name="train.on-divergence")
    ] = None
    """From now on: say so when training goes wrong, go back and halve the rate, or stop."""


def main(args: Sequence[str]) -> int:
    """Resume a run; return the exit status."""
    given = parse(ResumeArguments, args, "resume")
    from recyclegan.training.start import resume

    finished = resume(
        given.run, steps=given.steps, on_divergence=given.on_divergence, data=given.data
    )
    return 0 if finished else 1
