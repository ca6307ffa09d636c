"""`provenance.json`: what a training ran on, a record for each sitting."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recyclegan.atomic import write_json
from recyclegan.runs.run_dir import RunDir

PACKAGES = ("recyclegan", "torch", "numpy", "pillow", "torchmetrics")


def read_sittings(run: RunDir) -> list[dict[str, Any]]:
    """Return the records of a run's sittings, oldest first."""
    if not run.provenance_path.exists():
        return []
    sittings: list[dict[str, Any]] = json.loads(run.provenance_path.read_text())["sittings"]
    return sittings


def record_sitting(
    run: RunDir,
    *,
    step: int,
    seed: int,
    device: str,
    precision: str,
    threads: int,
    processes: int,
    data_digest: str,
    weights_sha256: Mapping[str, str],
) -> None:
    """Add what this sitting runs on to a run's provenance.

    `weights_sha256` holds, by name, the pretrained networks that a loss was computed with.
    """
    sitting = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "from_step": step,
        "command": sys.argv,
        "seed": seed,
        "device": device,
        "precision": precision,
        "threads": threads,
        "processes": processes,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "git_revision": _git_revision(),
        "data_digest": data_digest,
        "weights_sha256": dict(weights_sha256),
    }
    write_json(run.provenance_path, {"sittings": [*read_sittings(run), sitting]})


def _git_revision() -> str | None:
    """Return the revision of the source tree, or None for an installed package."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None  # A source tree on a machine without git.
    return answer.stdout.strip() or None
