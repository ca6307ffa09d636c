"""`recyclegan doctor`: what this machine has, what is wrong with it, and how to mend that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from recyclegan.cli.arguments import parse

if TYPE_CHECKING:
    from recyclegan.doctor.findings import Finding


@dataclass(frozen=True)
class DoctorArguments:
    """Say what this machine has, how fast it trains, what is wrong and how to mend it."""

    data: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR]")] = ()
    """Also look shortly at a data set; `recyclegan data check` looks at all of it."""
    quick: bool = False
    """Train no steps to measure the speed."""
    json: bool = False
    """Print everything as JSON, and nothing else."""


def main(args: Sequence[str]) -> int:
    """Examine the machine; return 1 where something is wrong."""
    given = parse(DoctorArguments, args, "doctor")
    from recyclegan.doctor.findings import findings
    from recyclegan.doctor.machine import read_machine
    from recyclegan.doctor.packages import installed, read_extras, unmet_core
    from recyclegan.doctor.pictures import look_at
    from recyclegan.doctor.weights import places, read_weights_at_hand

    machine, weights = read_machine(Path()), read_weights_at_hand()
    wrong = findings(machine, unmet_core(), weights)
    report: dict[str, Any] = {
        "machine": asdict(machine),
        "versions": {name: installed(name) for name in ("recyclegan", "torch", "numpy", "pillow")},
        "extras": {e.name: {"missing": e.missing, "command": e.command} for e in read_extras()},
        "weights": [asdict(one) for one in weights],
        "weights_places": places(),
        "speed": None,
        "data": None,
    }
    if not given.quick:
        from recyclegan.doctor.speed import measure_speed

        report["speed"] = asdict(measure_speed())
    if given.data:
        seen = look_at(given.data)
        report["data"] = asdict(seen)
        wrong += _of_pictures(seen.trouble, given.data)
    report["wrong"] = [asdict(one) for one in wrong]
    if given.json:
        print(json.dumps(report, indent=2, allow_nan=False, default=str))
    else:
        from recyclegan.cli.doctor_words import print_report

        print_report(report)
    return 1 if wrong else 0


def _of_pictures(trouble: Sequence[str], data: Sequence[Path]) -> list[Finding]:
    from recyclegan.doctor.findings import Finding

    check = f"`recyclegan data check {' '.join(map(str, data))}` looks at every file."
    return [Finding(sentence, check) for sentence in trouble]
