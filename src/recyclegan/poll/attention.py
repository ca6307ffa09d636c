"""Who was looking: voters judged by the questions that have an obvious answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recyclegan.poll.files import Check, Key
from recyclegan.poll.votes import Vote

PASS_SHARE = 0.75
"""Share of the checks met that a voter must pass: of four, one may be missed."""

Votes = Mapping[str, Mapping[str, Vote]]


@dataclass(frozen=True)
class Attention:
    """The voters who count, and those who do not."""

    kept: dict[str, Mapping[str, Vote]]
    dropped: dict[str, tuple[int, int]]
    """Checks passed and checks met, by voter."""
    num_unchecked: int
    """Voters among the kept ones who stopped before their first check."""


def judge_attention(key: Key, votes: Votes) -> Attention:
    """Tell voters who looked from those who did not.

    A spoilt picture is passed by choosing the other one, one picture on both sides by a tie.
    """
    kept: dict[str, Mapping[str, Vote]] = {}
    dropped: dict[str, tuple[int, int]] = {}
    num_unchecked = 0
    for voter, cast in votes.items():
        met = [vote for vote in cast.values() if vote.question in key.checks and vote.answer]
        num_passed = sum(_passes(vote, key.checks[vote.question]) for vote in met)
        if num_passed < PASS_SHARE * len(met):
            dropped[voter] = (num_passed, len(met))
        else:
            kept[voter] = cast
            num_unchecked += not met
    return Attention(kept, dropped, num_unchecked)


def _passes(vote: Vote, check: Check) -> bool:
    if check.kind == "same":
        return vote.answer == "tie"
    return vote.answer == ("first" if vote.first == check.expected else "second")
