"""What is done of a video, kept beside the result until it is whole: a cut call goes on from it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from recyclegan.atomic import write_atomically, write_json
from recyclegan.translation.video_encoding import write_piece
from recyclegan.translation.video_source import Facts
from recyclegan.translation.video_steady import State


class Finished(NamedTuple):
    """A frame to encode, when and how long it is shown, and what steadying remembers after it."""

    picture: Image.Image
    time: int
    duration: int
    state: State | None


class Work:
    """A hidden folder of pieces: each a stretch of encoded frames, and what to go on from.

    A piece counts from the moment that its JSON is there, which is written last.
    """

    def __init__(self, out: Path, identity: Mapping[str, Any]) -> None:
        """Take up the work of the same translation; what another one left is thrown away."""
        self.folder = out.with_name(f".{out.name}.working")
        place = self.folder / "work.json"
        if _read(place) != identity:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            write_json(place, dict(identity))
        self.times: list[tuple[int, int]] = []
        self.num_pieces = 0
        while (record := _read(self._record(self.num_pieces))) is not None:
            self.times += [(time, duration) for time, duration in record["times"]]
            self.num_pieces += 1

    @property
    def pieces(self) -> list[Path]:
        """The finished pieces, in order."""
        return [self._piece(number) for number in range(self.num_pieces)]

    def state(self) -> State | None:
        """Return what steadying remembers after the last finished piece."""
        if not self.num_pieces:
            return None
        with np.load(self._state(self.num_pieces - 1)) as kept:
            if not len(kept):
                return None
            source = torch.from_numpy(kept["source"])
            return State(source, torch.from_numpy(kept["tone"]))

    def add(self, finished: Iterator[Finished], facts: Facts) -> int:
        """Keep the next piece, of all frames that come; return how many they were.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        number, times, state = self.num_pieces, [], None

        def pictures() -> Iterator[Image.Image]:
            nonlocal state
            for frame in finished:
                times.append((frame.time, frame.duration))
                state = frame.state
                yield frame.picture

        num = write_piece(self._piece(number), pictures(), facts)
        if not num:
            return 0
        _sync(self._piece(number))
        arrays: dict[str, Any] = state._asdict() if state else {}
        with self._state(number).open("wb") as file:
            np.savez(file, **{name: array.numpy() for name, array in arrays.items()})
        _sync(self._state(number))
        write_atomically(self._record(number), json.dumps({"times": times}).encode())
        if number:
            self._state(number - 1).unlink(missing_ok=True)
        self.times += times
        self.num_pieces += 1
        return num

    def remove(self) -> None:
        """Throw the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _piece(self, number: int) -> Path:
        return self.folder / f"piece-{number:06d}.mkv"

    def _record(self, number: int) -> Path:
        return self.folder / f"piece-{number:06d}.json"

    def _state(self, number: int) -> Path:
        return self.folder / f"piece-{number:06d}.npz"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
