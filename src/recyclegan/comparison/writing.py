"""A comparison's folder: the record, tables and figures, in place of an earlier one's."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_atomically, write_json
from recyclegan.comparison.figures.sheet import draw_figures
from recyclegan.comparison.material import BASELINES_DIR
from recyclegan.comparison.request import Request
from recyclegan.comparison.tables import csv_table, latex_table
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import UserError
from recyclegan.runs.run_dir import require_no_file

RECORD, PAGE, FIGURES_DIR = "comparison.json", "report.html", "figures"
PARTS = frozenset((RECORD, PAGE, FIGURES_DIR, BASELINES_DIR, "table.csv", "table.tex"))
"""All that a comparison puts into its folder, and all that it replaces."""


def check_place(out_dir: Path, request: Request, *, overwrite: bool) -> None:
    """Check, before any work, that a comparison can be written to a folder.

    Raises:
        UserError: it is taken and `overwrite` is off, holds more than a comparison, lies in a
            folder of pictures or one of those in it.
    """
    require_no_file(out_dir)
    folders = (request.real, *request.sets.values(), *(f for _, f in request.references()))
    for folder in folders:
        ours, theirs = out_dir.resolve(), folder.resolve()
        if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
            raise UserError(
                f"--out {out_dir} and {folder} lie in one another; name a folder apart."
            )
    names = {entry.name for entry in out_dir.iterdir()} if out_dir.is_dir() else set()
    foreign = sorted(name for name in names - PARTS if not name.startswith("."))
    if foreign:
        raise UserError(
            f"--out {out_dir} holds more than a comparison ({foreign[0]}); name another folder."
        )
    if names & PARTS and not overwrite:
        raise UserError(
            f"--out {out_dir} holds a comparison; name another folder, or replace it with "
            "--overwrite (features are kept either way)."
        )


def write_comparison(
    comparison: Mapping[str, Any], out_dir: Path, *, stage: Stage = unseen
) -> None:
    """Write comparison.json, table.csv, table.tex and the figures."""
    out_dir.mkdir(parents=True, exist_ok=True)
    write_json(out_dir / RECORD, comparison)
    write_atomically(out_dir / "table.csv", csv_table(comparison).encode())
    write_atomically(out_dir / "table.tex", latex_table(comparison).encode())
    shutil.rmtree(out_dir / FIGURES_DIR, ignore_errors=True)
    with stage("Figures") as on_progress:
        draw_figures(comparison, out_dir / FIGURES_DIR, on_progress=on_progress)
