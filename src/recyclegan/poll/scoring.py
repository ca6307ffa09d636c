"""From votes to strengths, verdicts and the order of sets, as plain JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from recyclegan.errors import UserError
from recyclegan.poll.agreement import agreement
from recyclegan.poll.attention import PASS_SHARE, Attention, judge_attention
from recyclegan.poll.bradley_terry import RIDGE, fit_strengths
from recyclegan.poll.files import Key, Poll
from recyclegan.poll.metric_orders import metric_orders, unlike_sets
from recyclegan.poll.preferences import Preferences, gather_preferences
from recyclegan.poll.ranking import judge_pairs, rank_sets
from recyclegan.poll.resampling import LEVEL, NUM_RESAMPLES, resample_strengths
from recyclegan.poll.votes import Ballots

FEW = 5
"""With fewer people or pictures than this, an interval says little of other ones."""

ONE_SIDED = 4
"""Standard deviations by which one side may be chosen more often without a word."""

RECIPE = {
    "model": "Bradley-Terry, a tie is half a win for each",
    "ridge": RIDGE,
    "num_resamples": NUM_RESAMPLES,
    "resampled": "people and pictures, scaled to the variance of two-way clusters",
    "level": LEVEL,
    "attention_share": PASS_SHARE,
}


def score_poll(
    poll: Poll,
    key: Key,
    ballots: Ballots,
    *,
    reference: str | None = None,
    comparison: dict[str, Any] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the result of a poll.

    Args:
        poll: what was asked.
        key: what it was asked about.
        ballots: what was answered.
        reference: the set that win probabilities are against; by default the first.
        comparison: metrics of the same sets, to be held against people's order.
        seed: of the resampling.

    Raises:
        UserError: no vote is left to count, or there is no such reference.
    """
    names = list(key.sets)
    against = names[0] if reference is None else reference
    if against not in names:
        raise UserError(f"--reference {against} is none of the poll's sets: {', '.join(names)}.")
    attention = judge_attention(key, ballots.votes)
    votes = gather_preferences(poll, key, attention.kept)
    if not len(votes.credit):
        raise UserError(_nothing(ballots, attention))
    strengths = fit_strengths(votes.wins())
    replicates = resample_strengths(votes, seed=seed)
    pairs = judge_pairs(votes, strengths, replicates)
    alpha, num_shared = agreement(votes)
    metrics, skipped = (
        metric_orders(comparison, names, strengths, replicates, seed=seed)
        if comparison
        else ({}, [])
    )
    counts = _count(key, ballots, attention, votes)
    return {
        "kind": "poll_score",
        "version": 1,
        "poll": poll.id,
        "asks": poll.asks,
        "votes": counts,
        "reference": against,
        "sets": rank_sets(names, strengths, replicates, pairs, names.index(against)),
        "pairs": pairs,
        "agreement": {"krippendorff_alpha": alpha, "num_shared_questions": num_shared},
        "metrics": metrics,
        "skipped": skipped,
        "refused": [{"place": place, "reason": reason} for place, reason in ballots.refused],
        "warnings": _warnings(votes, counts) + unlike_sets(comparison or {}, key.sets),
        "recipe": {**RECIPE, "seed": seed},
    }


def _count(key: Key, ballots: Ballots, attention: Attention, votes: Preferences) -> dict[str, Any]:
    cast = [
        vote.answer
        for own in attention.kept.values()
        for vote in own.values()
        if vote.answer and vote.question not in key.checks
    ]
    answers = Counter(cast)
    return {
        "num_voters": len(ballots.votes),
        "num_voters_dropped": len(attention.dropped),
        "num_voters_unchecked": attention.num_unchecked,
        "dropped": {
            voter: {"num_passed": passed, "num_checks": met}
            for voter, (passed, met) in attention.dropped.items()
        },
        "num_votes": len(votes.credit),
        "num_ties": answers["tie"],
        "num_first_shown": answers["first"],
        "num_second_shown": answers["second"],
        "num_pictures": len(np.unique(votes.pictures)),
    }


def _warnings(votes: Preferences, counts: dict[str, Any]) -> list[str]:
    warnings = []
    num_people, num_pictures = (len(np.unique(x)) for x in (votes.voters, votes.pictures))
    for num, kind in ((num_people, "people"), (num_pictures, "pictures")):
        if num < FEW:
            warnings.append(
                f"{num} {kind} alone: the intervals say little of other {kind} (at least {FEW})."
            )
    compared = votes.wins() + votes.wins().T
    linked = np.linalg.matrix_power((compared > 0) + np.eye(len(compared)), len(compared))
    if not linked.all():
        warnings.append(
            "Some sets were never compared, not even by way of others: their order is not known."
        )
    if counts["num_voters_unchecked"]:
        warnings.append(
            f"{counts['num_voters_unchecked']} voters stopped before any attention check; they "
            "count."
        )
    first, second = counts["num_first_shown"], counts["num_second_shown"]
    if abs(first - second) > ONE_SIDED * (first + second) ** 0.5:
        warnings.append(
            f"The picture shown first was chosen {first} times, the other {second} times: sides "
            "are drawn, so no set gains by it, but many people chose a side."
        )
    return warnings


def _nothing(ballots: Ballots, attention: Attention) -> str:
    if attention.dropped:
        return (
            f"No vote counts: all {len(attention.dropped)} voters failed the attention checks; "
            "ask more people."
        )
    if ballots.refused:
        place, reason = ballots.refused[0]
        return f"No vote counts: {place}: {reason}; name the files that the page saved."
    return "There are no votes yet: put votes-*.json into the poll's folder, or name --votes."
