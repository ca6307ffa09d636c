"""`tracking.json`: by what a run is known to trackers, and how far they were told of it."""

from __future__ import annotations

import json
import secrets
from typing import Any

from recyclegan.atomic import write_json
from recyclegan.runs.events import EventLog
from recyclegan.runs.run_dir import RunDir


def identity(run: RunDir) -> tuple[str, int]:
    """Return the id of a run and the last step that trackers were told of before this sitting."""
    record = _read(run)
    if "id" not in record:
        record = {"id": secrets.token_hex(4), "logged": 0}
        write_json(run.tracking_path, record)
    return record["id"], record["logged"]


def note_logged(run: RunDir, log: EventLog) -> None:
    """Remember how far trackers were told, before the log forgets it and training goes back."""
    record = _read(run)
    if record:
        newest = max((event["step"] for event in log.read()), default=0)
        if newest > record["logged"]:
            write_json(run.tracking_path, {**record, "logged": newest})


def _read(run: RunDir) -> dict[str, Any]:
    try:
        record = json.loads(run.tracking_path.read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
