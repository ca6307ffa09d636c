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

GENERATORS, STATE, META = "generators.safetensors", "training_state.pt", "meta.json"
WRITING, REPLACED = ".writing-", ".replaced-"
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
    """The folder `checkpoints/` of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._clear_up()

    def save(
        self, step: int, generators: bytes, state: Mapping[str, Any], meta: dict[str, Any]
    ) -> Path:
        """Write a checkpoint beside the others and, once it is whole, give it its name.

        Raises:
            OSError: the disk is full or went away; earlier checkpoints are as they were.
        """
        final = self.folder / f"step-{step:08d}"
        temporary = self.folder / f"{WRITING}{final.name}"
        try:
            temporary.mkdir()
            buffer = io.BytesIO()
            torch.save(dict(state), buffer)
            contents = {GENERATORS: generators, STATE: buffer.getvalue()}
            for name, content in contents.items():
                write_synced(temporary / name, content)
            hashes = {name: sha256(temporary / name) for name in contents}
            text = json.dumps({"step": step, "sha256": hashes, **meta}, indent=2, allow_nan=False)
            write_synced(temporary / META, text.encode())
            if final.exists():
                final.rename(self.folder / f"{REPLACED}{final.name}")
            temporary.rename(final)
            _sync_folder(self.folder)
            point(self.folder / "last", final.name)
        finally:
            self._clear_up()
        return final

    @property
    def best(self) -> str | None:
        """The name of the best checkpoint's folder, where there is one."""
        return pointed(self.folder / "best")

    def set_best(self, checkpoint: Path) -> None:
        """Let `best` name a checkpoint; it then survives pruning."""
        point(self.folder / "best", checkpoint.name)

    def prune(self) -> None:
        """Delete all checkpoints but the last two and the best."""
        for folder in self._folders()[:-NUM_KEPT]:
            if folder.name != self.best:
                shutil.rmtree(folder)

    def drop_after(self, step: int) -> None:
        """Delete checkpoints later than a step: the training went back and takes another road."""
        for folder in self._folders():
            if int(folder.name.removeprefix("step-")) > step:
                shutil.rmtree(folder)

    def valid(self) -> tuple[list[Checkpoint], list[str]]:
        """Return the whole checkpoints, oldest first, and a sentence for each torn one."""
        good, torn = [], []
        for folder in self._folders():
            try:
                good.append(_verified(folder))
            except (OSError, ValueError, KeyError) as error:
                torn.append(f"{folder} is damaged ({error}); falling back to the one before.")
        return good, torn

    def _clear_up(self) -> None:
        """Delete what a kill left half written, and bring back what it left half replaced."""
        for folder in self.folder.glob(f"{WRITING}*"):
            shutil.rmtree(folder)
        for folder in self.folder.glob(f"{REPLACED}*"):
            final = self.folder / folder.name.removeprefix(REPLACED)
            if final.exists():
                shutil.rmtree(folder)
            else:
                folder.rename(final)

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
