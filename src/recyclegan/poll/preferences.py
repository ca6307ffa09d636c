"""Votes as numbers: who, on which picture, between which two sets, and how much for the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recyclegan.poll.files import Key, Poll
from recyclegan.poll.votes import Vote

CREDIT = {"first": 1.0, "tie": 0.5, "second": 0.0}
"""What a vote is worth to the picture that was shown first."""


@dataclass(frozen=True)
class Preferences:
    """N votes on S sets; checks are not among them."""

    sets: tuple[str, ...]
    voters: NDArray[np.intp]
    """(N,) numbers of people from 0."""
    pictures: NDArray[np.intp]
    """(N,) numbers of file names from 0."""
    better: NDArray[np.intp]
    """(N,) the set that `credit` is for: of the two sets the one named first in the poll."""
    worse: NDArray[np.intp]
    """(N,) the set that it was compared with."""
    credit: NDArray[np.float64]
    """(N,) 1 for a win, 0.5 for a tie, 0 for a loss."""

    def wins(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return wins of row over column: (S, S), or (R, S, S) for weights (R, N) of the votes."""
        rows = np.ones((1, len(self.credit))) if weights is None else weights
        num = len(self.sets)
        places = np.concatenate([self.better * num + self.worse, self.worse * num + self.better])
        votes = np.tile(np.arange(len(self.credit)), 2)
        values = np.concatenate([self.credit, 1 - self.credit])
        spread = sparse.csr_array((values, (votes, places)), shape=(len(self.credit), num * num))
        wins = np.asarray(rows @ spread).reshape(-1, num, num)
        return wins[0] if weights is None else wins


def gather_preferences(
    poll: Poll, key: Key, votes: Mapping[str, Mapping[str, Vote]]
) -> Preferences:
    """Return the votes on questions that are no checks, and were not taken back."""
    sets = {name: place for place, name in enumerate(key.sets)}
    questions = {asked.id: asked for asked in poll.questions}
    rows = []
    people: dict[str, int] = {}
    names: dict[str, int] = {}
    for voter, cast in votes.items():
        for vote in cast.values():
            if vote.answer is None or vote.question in key.checks:
                continue
            other = sum(questions[vote.question].pictures) - vote.first
            shown, against = key.pictures[vote.first], key.pictures[other]
            credit, pair = CREDIT[vote.answer], (sets[shown.set], sets[against.set])
            if pair[0] > pair[1]:
                credit, pair = 1 - credit, pair[::-1]
            person = people.setdefault(voter, len(people))
            rows.append((person, names.setdefault(shown.name, len(names)), *pair, credit))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    whole = columns[:4].astype(np.intp)
    return Preferences(tuple(sets), whole[0], whole[1], whole[2], whole[3], columns[4])
