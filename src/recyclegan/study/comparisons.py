"""The comparison of one seed's translations, for each data set, budget and direction."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recyclegan.comparison.comparing import compare
from recyclegan.comparison.request import Request
from recyclegan.comparison.sets import MAX_SETS, MIN_SETS
from recyclegan.comparison.writing import PAGE, RECORD, check_place, write_comparison
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import UserError
from recyclegan.report.comparison_page import write_comparison_page
from recyclegan.study.results import Line
from recyclegan.training.judge import NONE
from recyclegan.translation.record import RECORD as TRANSLATION

WITHOUT_WEIGHTS = "luminance"


def compare_variants(
    lines: Mapping[str, Sequence[Line]],
    direction: str,
    pictures: Path,
    out: Path,
    *,
    stage: Stage = unseen,
) -> dict[str, str]:
    """Compare what the first training of each variant made; one that is current is kept.

    Returns {"page": its place, told from `out` on} or {"none": the reason}.
    """
    if not MIN_SETS <= len(lines) <= MAX_SETS:
        return {"none": f"a comparison takes {MIN_SETS} to {MAX_SETS} sets, not {len(lines)}"}
    first = next(iter(lines.values()))[0]
    place = out / "compare" / first["data"] / first["budget"] / direction
    sets = {n: out / "translations" / some[0]["key"] / direction for n, some in lines.items()}
    truth = pictures / f"truth{direction[0].upper()}"
    request = Request(
        real=pictures / f"test{direction[2].upper()}",
        sets=sets,
        source=pictures / f"test{direction[0].upper()}",
        truth=truth if truth.is_dir() else None,
        runs={name: out / "runs" / some[0]["key"] for name, some in lines.items()},
        extractor=WITHOUT_WEIGHTS if first["extractor"] == NONE else first["extractor"],
    )
    request = _told(request)
    page = (place / PAGE).relative_to(out).as_posix()
    if _is_current(place, request):
        return {"page": page}
    try:
        request.check()
        check_place(place, request, overwrite=True)
        comparison = compare(request, place, stage=stage)
    except UserError as error:
        return {"none": str(error)}
    write_comparison(comparison, place, stage=stage)
    write_comparison_page(place / PAGE, comparison, place)
    return {"page": page}


def _told(request: Request) -> Request:
    """Return a request with the command line that makes it."""
    words = ["recyclegan", "compare", "--real", str(request.real), "--sets"]
    words += [f"{name}={folder}" for name, folder in request.sets.items()]
    for flag, folder in request.references():
        words += [f"--{flag}", str(folder)]
    words += ["--run", *(f"{name}={run}" for name, run in request.runs.items())]
    words += ["--extractor", request.extractor, "--out", "compared"]
    return replace(request, command=shlex.join(words))


def _is_current(place: Path, request: Request) -> bool:
    """Tell whether a comparison is of this request, and no younger pictures are in its sets."""
    try:
        record: dict[str, Any] = json.loads((place / RECORD).read_text())
        made = (place / PAGE).stat().st_mtime
        youngest = max((f / TRANSLATION).stat().st_mtime for f in request.sets.values())
    except (OSError, ValueError):
        return False
    return record.get("command") == request.command and youngest <= made
