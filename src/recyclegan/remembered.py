"""What was found out about this machine, kept so that it is found out once."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_json


def remembered(path: Path, question: str, find: Callable[[], Any]) -> Any:
    """Return the answer that the JSON file at `path` holds, or find it and write it there.

    Questions are told apart by machine. A file that cannot be read or written costs only time.
    """
    question = f"{platform.node()}, {question}"
    answers = _read(path)
    if question not in answers:
        answers[question] = find()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, answers)
    return answers[question]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
