"""The poll as files: `poll.json`, which voters may see, and `key.json`, which they may not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from recyclegan.atomic import write_atomically
from recyclegan.errors import UserError

STRICT = ConfigDict(strict=True, extra="forbid")
T = TypeVar("T")


@dataclass(frozen=True, config=STRICT)
class Question:
    """Two pictures to choose between; nothing here tells a check from another question."""

    id: str
    pictures: tuple[int, int]
    source: int | None


@dataclass(frozen=True, config=STRICT)
class Poll:
    """All that the page holds: opaque numbers and pictures, no name of a set or file."""

    asks: str
    questions: tuple[Question, ...]
    ballots: tuple[tuple[tuple[int, bool], ...], ...]
    """What each voter is asked in turn: places in `questions`, and whether the sides swap."""
    pictures: tuple[str, ...]
    """JPEG files in base64; a picture's number is its place."""
    id: str = ""
    """Digest of all else."""
    kind: Literal["poll"] = "poll"
    version: Literal[1] = 1


@dataclass(frozen=True, config=STRICT)
class Picture:
    """Where a picture is from: the set is empty for a source or a spoilt picture."""

    set: str
    name: str


@dataclass(frozen=True, config=STRICT)
class Check:
    """A question with an obvious answer: one side spoilt, or one picture on both sides."""

    kind: Literal["spoilt", "same"]
    expected: int | None
    """The number of the picture to be chosen; none where a tie is expected."""


@dataclass(frozen=True, config=STRICT)
class SetOfPictures:
    """The pictures of a set that are asked about."""

    path: str
    num: int
    digest: str
    """SHA-256 over their names and files, as an evaluation and a comparison state it."""


@dataclass(frozen=True, config=STRICT)
class Key:
    """What the opaque numbers of a poll stand for."""

    poll: str
    sets: dict[str, SetOfPictures]
    """By name, in the order given."""
    pictures: tuple[Picture, ...]
    checks: dict[str, Check]
    seed: int
    kind: Literal["poll_key"] = "poll_key"
    version: Literal[1] = 1


def plain(text: str) -> str:
    """Return text that JSON can hold: bytes of a file name that are no UTF-8 are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def sealed(poll: Poll) -> Poll:
    """Return a poll with its id, the digest of its content."""
    content = TypeAdapter(Poll).dump_json(replace(poll, id=""))
    return replace(poll, id=hashlib.sha256(content).hexdigest()[:16])


def write(path: Path, value: Any) -> None:
    """Write a poll or a key as JSON, replacing the file at once."""
    write_atomically(path, TypeAdapter(type(value)).dump_json(value, indent=1) + b"\n")


def read_poll(folder: Path) -> Poll:
    """Return the poll in a folder.

    Raises:
        UserError: there is none, or it is not what `poll build` wrote.
    """
    poll = _read(folder / "poll.json", Poll)
    places = range(len(poll.questions))
    asked = (place for ballot in poll.ballots for place, _ in ballot)
    if sealed(poll).id != poll.id or not all(place in places for place in asked):
        raise UserError(
            f"{folder / 'poll.json'} was changed after it was built, so its votes can't be told "
            "apart from those of another poll: restore it, or build the poll again elsewhere."
        )
    return poll


def read_key(folder: Path, poll: Poll) -> Key:
    """Return the key of a poll.

    Raises:
        UserError: there is none, or it is another poll's.
    """
    key = _read(folder / "key.json", Key)
    if key.poll != poll.id or len(key.pictures) != len(poll.pictures):
        raise UserError(
            f"{folder / 'key.json'} is the key of another poll: put back the one that "
            "`recyclegan poll build` wrote beside poll.json."
        )
    return key


def _read(path: Path, kind: type[T]) -> T:
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({(error.strerror or str(error)).lower()}): name the folder "
            "that `recyclegan poll build` wrote."
        ) from None
    except ValidationError:
        raise UserError(
            f"{path} is not what `recyclegan poll build` writes: name its folder, or build again."
        ) from None
