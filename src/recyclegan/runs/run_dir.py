"""A run is a directory that a stranger can read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recyclegan.atomic import write_json
from recyclegan.config import Config
from recyclegan.config.plain import from_plain, to_plain
from recyclegan.errors import UserError

FORMAT = 1

FILES = ("config.json", "provenance.json", "manifest.json", "metrics.jsonl")
FOLDERS = ("samples", "checkpoints", "evaluations")
TRACKED = ("tracking.json", "tensorboard", "wandb")
PARTS = frozenset(FILES + FOLDERS + TRACKED)
"""All that a run puts into its directory, and all that `--overwrite` may delete."""


@dataclass(frozen=True)
class RunDir:
    """The places in a run directory."""

    path: Path

    @property
    def config_path(self) -> Path:
        """The complete configuration; no default changed later can change it."""
        return self.path / "config.json"

    @property
    def provenance_path(self) -> Path:
        """Versions, devices, commands and the identity of the data, a sitting each."""
        return self.path / "provenance.json"

    @property
    def metrics_path(self) -> Path:
        """The log of events."""
        return self.path / "metrics.jsonl"

    @property
    def tracking_path(self) -> Path:
        """By what the run is known to trackers, where there are any."""
        return self.path / "tracking.json"

    @property
    def lock_path(self) -> Path:
        """Held by the process that trains here."""
        return self.path / ".lock"

    @property
    def checkpoints_dir(self) -> Path:
        """The last two checkpoints and the best."""
        return self.path / "checkpoints"

    def sample_path(self, step: int) -> Path:
        """Return where the sample grid of a step goes."""
        return self.path / "samples" / f"step-{step:08d}.png"


@dataclass(frozen=True)
class RunRecord:
    """What `config.json` says: the configuration, the folders of pictures, the domains' names."""

    config: Config
    data: Sequence[Path]
    domains: Mapping[str, str]


def check_place(path: Path, data: Sequence[Path], *, overwrite: bool) -> None:
    """Check, before any work, that a run directory can be made at a path.

    Raises:
        UserError: the place is taken and `overwrite` is off, holds something else than a run, or
            lies within the pictures or below a file.
    """
    require_no_file(path)
    for folder in data:
        _keep_apart(path, folder)
    if path.is_dir() and _names(path):
        _check_taken(RunDir(path), overwrite)


def require_no_file(out: Path) -> None:
    """Check that neither a folder that is to be made nor one above it is a file.

    Raises:
        UserError: one of them is; names it.
    """
    below = next((place for place in (out, *out.parents) if place.is_file()), None)
    if below is not None:
        raise UserError(f"--out {out}: {below} is a file; name a folder.")


def create_run(run: RunDir, record: RunRecord, *, overwrite: bool) -> None:
    """Fill a run directory and write its record, in place of an earlier run if told to.

    Call it with the lock held: an earlier run may be one that another process trains.

    Raises:
        UserError: as in `check_place`, or the place cannot be written.
    """
    check_place(run.path, record.data, overwrite=overwrite)
    try:
        _clear(run)
        for name in FOLDERS:
            (run.path / name).mkdir(exist_ok=True)
        write_record(run, record)
    except OSError as error:
        raise UserError(
            f"--out {run.path} cannot be written ({error.strerror or error}); name another folder."
        ) from None


def write_record(run: RunDir, record: RunRecord) -> None:
    """Write or replace a run's record."""
    content = {
        "format": FORMAT,
        # Not resolved: where folders are links, their names are what a person called them.
        "data": [str(folder.absolute()) for folder in record.data],
        "domains": dict(record.domains),
        "config": to_plain(record.config),
    }
    write_json(run.config_path, content)


def open_run(path: Path) -> tuple[RunDir, RunRecord]:
    """Return an existing run with its record.

    Raises:
        UserError: there is no run at that path, or its configuration is damaged.
    """
    run = RunDir(path)
    if not run.config_path.is_file():
        raise UserError(f"{path} is no run (it has no config.json); give the --out of a training.")
    try:
        content = json.loads(run.config_path.read_text())
        if content["format"] != FORMAT:
            raise UserError(f"{run.config_path} is of another version; use the one that wrote it.")
        return run, RunRecord(
            config=from_plain(content["config"], str(run.config_path)),
            data=[Path(folder) for folder in content["data"]],
            domains=dict(content["domains"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{run.config_path} is damaged ({error}); it can't be resumed.") from None


def _keep_apart(out: Path, folder: Path) -> None:
    """Refuse a run within its pictures, which it would add to, and pictures within a run."""
    run, pictures = out.resolve(), folder.resolve()
    if run.is_relative_to(pictures) or pictures.is_relative_to(run):
        raise UserError(f"--out {out} and --data {folder} lie in one another; name a folder apart.")


def _check_taken(run: RunDir, overwrite: bool) -> None:
    if not run.config_path.is_file():
        raise UserError(f"--out {run.path} is not empty and holds no run; name another folder.")
    if not overwrite:
        raise UserError(
            f"--out {run.path} holds a run; continue it with `recyclegan resume {run.path}`, "
            "name another folder, or replace it with --overwrite."
        )
    foreign = sorted(_names(run.path) - PARTS)
    if foreign:
        raise UserError(
            f"--out {run.path} holds more than a run ({foreign[0]}), so it is not replaced; move "
            "that away, or name another folder."
        )


def _names(folder: Path) -> set[str]:
    """Return what a folder holds, without what is hidden: locks, half-written files, litter."""
    return {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}


def _clear(run: RunDir) -> None:
    """Delete the parts of an earlier run."""
    for name in PARTS:
        part = run.path / name
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)
