"""What was found out about this machine, kept so that it is found out once."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recyclegan.atomic import write_json

if TYPE_CHECKING:
    import torch


def remembered(path: Path, question: str, find: Callable[[], Any]) -> Any:
    """Return the answer that the JSON file at `path` holds, or find it and write it there.

    A file that cannot be read or written costs only time.
    """
    answers = _read(path)
    if question not in answers:
        answers[question] = find()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, answers)
    return answers[question]


def machine(device: torch.device) -> str:
    """Return what an answer about a device depends on."""
    import torch

    if device.type == "cuda":
        return f"{platform.node()}, {torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    capability, threads = torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    parts = (platform.node(), device.type, capability, f"torch {torch.__version__}")
    return f"{', '.join(parts)}, {threads} threads"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
