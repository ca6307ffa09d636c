"""What a reader of a study's table ought to know first, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recyclegan.metrics.resampling import LEVEL
from recyclegan.report.comparison_numbers import list_names
from recyclegan.study.results import Line


def table_cautions(lines: Mapping[str, Sequence[Line]], table: Mapping[str, Any]) -> list[str]:
    """Return what is doubtful about a table."""
    every = [line for some in lines.values() for line in some]
    return [
        *_seeds(lines, table["num_seeds"]),
        *_unlike(every),
        *_alarms(every),
        *_chance(table),
    ]


def _seeds(lines: Mapping[str, Sequence[Line]], wanted: int) -> list[str]:
    single = [name for name, some in lines.items() if len(some) == 1]
    short = [name for name, some in lines.items() if len(some) < wanted]
    found = []
    if single:
        who = "each variant" if len(single) == len(lines) else list_names(single)
        found.append(
            f"There is one training of {who}: there only pictures are resampled, and another seed "
            "may turn out otherwise."
        )
    if short:
        found.append(f"Not all {wanted} trainings are done of {list_names(short)}.")
    return found


def _unlike(lines: Sequence[Line]) -> list[str]:
    found = []
    if len({line["data_digest"] for line in lines}) > 1:
        found.append("Not all were trained on the same pictures: the data set has changed since.")
    keys = ("node", "device", "threads", "jobs")
    machines = {tuple(line["machine"][key] for key in keys) for line in lines}
    if len(machines) > 1:
        words = " and ".join(sorted(f"{n} ({d}, threads {t}, jobs {j})" for n, d, t, j in machines))
        found.append(f"Not all were trained alike: on {words}. Minutes and seconds do not compare.")
    return found


def _alarms(lines: Sequence[Line]) -> list[str]:
    return [
        f"{line['name']}, seed {line['seed']}: the training warned of "
        + ", ".join(f"{kind} (step {step:,})" for kind, step in line["alarms"].items())
        + "."
        for line in lines
        if line["alarms"]
    ]


def _chance(table: Mapping[str, Any]) -> list[str]:
    num = sum(
        gap["interval"] is not None
        for row in table["rows"]
        if row["role"] == "variant"
        for gap in row["differences"].values()
    )
    by_chance = round(num * (1 - LEVEL))
    if not by_chance:
        return []
    return [
        f"Of {num} differences, about {by_chance} would look clear by chance alone if no variant "
        "differed from the reference."
    ]
