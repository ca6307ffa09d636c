"""Votes in one SQLite file: what was acknowledged is on the disk, whatever happens next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from recyclegan.errors import UserError
from recyclegan.poll.votes import Vote

FILE_NAME = "votes.sqlite"

SCHEMA = """
CREATE TABLE IF NOT EXISTS poll (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS voters (
  voter TEXT PRIMARY KEY, ballot INTEGER NOT NULL, begun TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS votes (
  voter TEXT NOT NULL REFERENCES voters, question TEXT NOT NULL, first INTEGER NOT NULL,
  answer TEXT, seconds REAL NOT NULL, number INTEGER NOT NULL, stored TEXT NOT NULL,
  PRIMARY KEY (voter, question)
) WITHOUT ROWID;
"""

CAST = """
INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (voter, question) DO UPDATE SET
  first = excluded.first, answer = excluded.answer, seconds = excluded.seconds,
  number = excluded.number, stored = excluded.stored
WHERE excluded.number > votes.number
"""
"""A retry has its vote's number and changes nothing; nor does an answer that comes too late."""


class VoteStore:
    """The votes on one poll; safe to use from many threads and processes at once."""

    def __init__(self, folder: Path, poll_id: str) -> None:
        """Open the file, or make it.

        Raises:
            UserError: the file is damaged or holds the votes on another poll.
        """
        self._path = folder / FILE_NAME
        self._lock = Lock()
        try:
            self._database = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(SCHEMA)
            self._database.execute(
                "INSERT INTO poll SELECT ? WHERE NOT EXISTS (SELECT * FROM poll)", (poll_id,)
            )
            (found,) = self._database.execute("SELECT id FROM poll").fetchone()
        except sqlite3.Error as error:
            raise UserError(
                f"{self._path} cannot be used as a file of votes ({error}): move it elsewhere."
            ) from None
        if found != poll_id:
            raise UserError(f"{self._path} holds votes on another poll: move it elsewhere.")

    def begin(self, voter: str, num_ballots: int) -> int:
        """Return a voter's ballot; a new voter gets the next in turn."""
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO voters SELECT ?, count(*) % ?, ? FROM voters",
                (voter, num_ballots, _now()),
            )
            row = database.execute("SELECT ballot FROM voters WHERE voter = ?", (voter,)).fetchone()
        return int(row[0])

    def ballot(self, voter: str) -> int | None:
        """Return a voter's ballot, None where there is no such voter."""
        with self._lock:
            row = self._database.execute(
                "SELECT ballot FROM voters WHERE voter = ?", (voter,)
            ).fetchone()
        return None if row is None else int(row[0])

    def cast(self, voter: str, vote: Vote) -> None:
        """Store a vote; when this returns, it is on the disk."""
        row = (vote.question, vote.first, vote.answer, vote.seconds, vote.number)
        with self._writing() as database:
            database.execute(CAST, (voter, *row, _now()))

    def votes_of(self, voter: str) -> list[Vote]:
        """Return what a voter answered or took back."""
        with self._lock:
            rows = self._database.execute(
                "SELECT question, first, answer, seconds, number FROM votes WHERE voter = ?",
                (voter,),
            ).fetchall()
        return [Vote(*row) for row in rows]

    def voters(self) -> list[str]:
        """Return all who began, in the order of their names."""
        with self._lock:
            rows = self._database.execute("SELECT voter FROM voters ORDER BY voter").fetchall()
        return [voter for (voter,) in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
