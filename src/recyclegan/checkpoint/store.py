"""A run's checkpoints: saved atomically, verified by hash, pruned to the last two and the best."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from recyclegan.atomic import sha256, write_synced
from recyclegan.checkpoint.pointer import point, pointed

GENERATORS, ADAPTER = "generators.safetensors", "adapter.safetensors"
STATE, META = "training_state.pt", "meta.json"
WRITING, REPLACED, DELETING = ".writing-", ".replaced-", ".deleting-"
NUM_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint folder and what its `meta.json` says."""

    path: Path
    step: int
    meta: Mapping[str, Any]

    def training_state(self) -> dict[str, Any]:
        """Return the training state; only tensors and plain values are ever unpickled."""
        state: dict[str, Any] = torch.load(self.path / STATE, map_location="cpu", weights_only=True)
        return state


class CheckpointStore:
    """The folder `checkpoints/` of a run; a folder named `step-*` in it is a whole checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def best(self) -> str | None:
        """The name of the best checkpoint's folder, where there is one."""
        return pointed(self.folder / "best")

    def save(
        self,
        step: int,
        models: Mapping[str, bytes],
        state: Mapping[str, Any],
        meta: Mapping[str, Any],
    ) -> None:
        """Write a checkpoint beside the others and, once it is whole, give it its name.

        `models` holds what translates, by file name.

        Raises:
            OSError: the disk is full or went away; earlier checkpoints are as they were.
        """
        final = self._folder(step)
        temporary = self.folder / f"{WRITING}{final.name}"
        try:
            temporary.mkdir(parents=True)
            buffer = io.BytesIO()
            torch.save(dict(state), buffer)
            contents = {**models, STATE: buffer.getvalue()}
            for name, content in contents.items():
                write_synced(temporary / name, content)
            hashes = {name: sha256(temporary / name) for name in contents}
            text = json.dumps({"step": step, "sha256": hashes, **meta}, indent=2, allow_nan=False)
            write_synced(temporary / META, text.encode())
            if final.exists():
                final.rename(self.folder / f"{REPLACED}{final.name}")
            temporary.rename(final)
            _sync_folder(self.folder)
        finally:
            self.recover()

    def link(self, name: str, step: int | None) -> bool:
        """Let `best` or `last` name the checkpoint of a step; tell whether it is there."""
        if step is None or not self._folder(step).is_dir():
            return False
        point(self.folder / name, self._folder(step).name)
        return True

    def prune(self) -> None:
        """Delete all checkpoints but the last two and the best."""
        for folder in self._folders()[:-NUM_KEPT]:
            if folder.name != self.best:
                self._delete(folder)

    def drop_after(self, step: int) -> None:
        """Delete checkpoints later than a step: the training went back and takes another road."""
        for folder in self._folders():
            if int(folder.name.removeprefix("step-")) > step:
                self._delete(folder)

    def valid(self) -> tuple[list[Checkpoint], list[str]]:
        """Return the whole checkpoints, oldest first, and a sentence for each damaged one.

        Raises:
            OSError: the disk cannot be read, which says nothing of the checkpoints on it.
        """
        good, damaged = [], []
        for folder in self._folders():
            try:
                good.append(_verified(folder))
            except (FileNotFoundError, ValueError, KeyError) as error:
                damaged.append(f"{folder} is damaged ({error}).")
        return good, damaged

    def recover(self) -> None:
        """Delete what a kill left half written or half deleted, bring back the half replaced."""
        for prefix in (WRITING, DELETING):
            for folder in self.folder.glob(f"{prefix}*"):
                shutil.rmtree(folder)
        for folder in self.folder.glob(f"{REPLACED}*"):
            final = self.folder / folder.name.removeprefix(REPLACED)
            if final.exists():
                shutil.rmtree(folder)
            else:
                folder.rename(final)

    def _delete(self, folder: Path) -> None:
        """Take a checkpoint's name away first, so that no kill leaves half of one under it."""
        doomed = self.folder / f"{DELETING}{folder.name}"
        folder.rename(doomed)
        shutil.rmtree(doomed)

    def _folder(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}"

    def _folders(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("step-*") if path.is_dir())


def _verified(folder: Path) -> Checkpoint:
    meta = json.loads((folder / META).read_text())
    for name, expected in meta["sha256"].items():
        if sha256(folder / name) != expected:
            raise ValueError(f"{name} does not have the hash that {META} gives")
    return Checkpoint(folder, int(meta["step"]), meta)


def _sync_folder(folder: Path) -> None:
    """Wait until renames in a folder are on the disk."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
