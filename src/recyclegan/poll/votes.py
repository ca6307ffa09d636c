"""Votes as the page saves them: read with suspicion, since anyone may have written the file."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from recyclegan.errors import UserError
from recyclegan.poll.files import STRICT, Poll

MAX_BYTES = 2_000_000
"""A larger file was not written by the page, which has some hundred bytes a vote."""

MAX_NAMED = 40
"""Characters of a file's own words that a sentence repeats."""


@dataclass(frozen=True, config=STRICT)
class Vote:
    """One answer; `first` is the number of the picture that was shown left or above."""

    question: Annotated[str, Field(max_length=64)]
    first: Annotated[int, Field(ge=0, lt=2**31)]
    answer: Literal["first", "second", "tie"] | None
    """None where the voter took it back."""
    seconds: Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]
    number: Annotated[int, Field(ge=0, lt=2**63)]
    """Grows with every answer of a voter: of two to one question the larger one holds."""


@dataclass(frozen=True, config=STRICT)
class VotesFile:
    """What the page saves; the votes are checked one by one."""

    kind: Literal["votes"]
    version: Literal[1]
    poll: str
    voter: Annotated[str, Field(min_length=1, max_length=64)]
    ballot: int
    begun: str
    saved: str
    votes: list[Any]


VOTE = TypeAdapter(Vote)
VOTES_FILE = TypeAdapter(VotesFile)


class Ballots:
    """The votes of all voters, each question once a voter, and what was not taken."""

    def __init__(self, poll: Poll) -> None:
        self.votes: dict[str, dict[str, Vote]] = {}
        """Votes by voter and question."""
        self.refused: list[tuple[str, str]] = []
        """Files (or voters of the database) and, in a clause, why something was not taken."""
        self._poll = poll
        self._pictures = {asked.id: asked.pictures for asked in poll.questions}

    def add_file(self, path: Path) -> None:
        """Take the votes of a file.

        Raises:
            UserError: the file is missing or cannot be read.
        """
        content = _read(path)
        if isinstance(content, str):
            self.refused.append((str(path), content))
            return
        if content.poll != self._poll.id:
            reason = f"its votes are on another poll ({_quoted(content.poll)})"
            self.refused.append((str(path), reason))
            return
        if len(content.votes) > 2 * len(self._pictures):
            reason = f"it has {len(content.votes)} votes on {len(self._pictures)} questions"
            self.refused.append((str(path), reason))
            return
        own: dict[str, Vote] = {}
        for place, raw in enumerate(content.votes):
            try:
                # As JSON again: an object is strictly a vote there alone.
                vote = VOTE.validate_json(json.dumps(raw))
            except ValidationError as error:
                self.refused.append((str(path), f"vote {place + 1}: {_problem(error)}"))
                continue
            if vote.question in own:
                reason = f"vote {place + 1} repeats question {_quoted(vote.question)}"
                self.refused.append((str(path), reason))
                continue
            own[vote.question] = vote
        self.add(content.voter, list(own.values()), str(path))

    def add(self, voter: str, votes: Sequence[Vote], place: str) -> None:
        """Take a voter's votes; of two to one question the one given later holds."""
        for vote in votes:
            reason = fault(vote, self._pictures)
            if reason:
                self.refused.append((place, reason))
                continue
            held = self.votes.setdefault(voter, {})
            earlier = held.get(vote.question)
            if earlier is None or vote.number > earlier.number:
                held[vote.question] = vote


def fault(vote: Vote, pictures: dict[str, tuple[int, int]]) -> str | None:
    """Return in a clause why a vote cannot be on a poll with these questions, None if it can."""
    if vote.question not in pictures:
        return f"there is no question {_quoted(vote.question)}"
    if vote.first not in pictures[vote.question]:
        return f"question {vote.question} has no picture {vote.first}"
    return None


def _read(path: Path) -> VotesFile | str:
    """Return the content of a votes file, or in a clause why it is refused."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return "it is no file"
        if found.st_size > MAX_BYTES:
            return f"it is larger ({found.st_size} bytes) than votes can be ({MAX_BYTES})"
        return VOTES_FILE.validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(
            f"--votes {path} cannot be read ({(error.strerror or str(error)).lower()}): "
            "check the path."
        ) from None
    except ValidationError as error:
        return f"it holds no votes of the page: {_problem(error)}"


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{_quoted(place)} {first['msg'].lower()}" if place else first["msg"].lower()


def _quoted(text: str) -> str:
    return repr(text[:MAX_NAMED] + ("…" if len(text) > MAX_NAMED else ""))
