"""Does a poll find what people prefer, and do its intervals hold it as often as they claim?

    python benchmarks/poll_recovery.py [--polls 300]

Simulated people with tastes of their own answer polls on pictures with peculiarities of their own
(both normal, of the given deviation in log odds), with ties by Davidson's model. The truth is the
fit to endless votes. For each setting: how often the 95 % interval of a difference between two sets
holds it, how wide it is, how often the verdict is clear, and how often it is clear and wrong.
`unscaled` is the product of both draws alone ("pigeonhole"), `votes` a resampling of single votes.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from recyclegan.poll import resampling
from recyclegan.poll.bradley_terry import fit_strengths
from recyclegan.poll.preferences import Preferences
from recyclegan.poll.resampling import interval, resample_strengths

RESULT = Path(__file__).with_suffix(".json")
TIE = 0.5
STRENGTHS = np.array([0.5, 0.1, 0.0, -0.6])

SETTINGS = {
    "12 people, 19 pictures, nobody differs": (12, 19, 30, 0.0),
    "12 people, 19 pictures, all differ": (12, 19, 30, 0.5),
    "30 people, 30 pictures, all differ": (30, 30, 30, 0.5),
    "5 people, 10 pictures, all differ": (5, 10, 30, 0.5),
    "30 people, 30 pictures, all differ much": (30, 30, 30, 1.0),
}


def population(rng, num_people, num_pictures, num_asked, spread):
    """Votes on all pairs of sets, each person's questions drawn."""
    num = len(STRENGTHS)
    pairs = np.array(np.triu_indices(num, 1)).T
    people, frames = (rng.normal(0, spread, (n, num)) for n in (num_people, num_pictures))
    voters = np.repeat(np.arange(num_people), num_asked)
    every = len(pairs) * num_pictures
    chosen = np.concatenate([rng.permutation(every)[:num_asked] for _ in range(num_people)])
    pictures, (first, second) = chosen % num_pictures, pairs[chosen // num_pictures].T
    level = STRENGTHS + people[voters] + frames[pictures]
    rows = np.arange(len(chosen))
    win, tie, _ = chances(level[rows, first] - level[rows, second])
    drawn = rng.random(len(chosen))
    credit = np.where(drawn < win, 1.0, np.where(drawn < win + tie, 0.5, 0.0))
    return Preferences(tuple("abcd"), voters, pictures, first, second, credit)


def chances(gaps):
    """Davidson (1970): a win, a tie, a loss."""
    win, lose = np.exp(gaps / 2), np.exp(-gaps / 2)
    total = win + lose + TIE
    return win / total, TIE / total, lose / total


def truth_of(spread):
    gaps = (STRENGTHS[:, None] - STRENGTHS[None])[..., None]
    gaps = gaps + np.random.default_rng(0).normal(0, 2 * spread, 200_000)
    win, tie, _ = chances(gaps)
    return fit_strengths(1e7 * (win + tie / 2).mean(-1) * (1 - np.eye(len(STRENGTHS))))


def of_votes(votes, seed):
    """The obvious way: every vote on its own."""
    rng = np.random.default_rng(seed)
    num = len(votes.credit)
    draws = rng.multinomial(num, np.full(num, 1 / num), resampling.NUM_RESAMPLES)
    return fit_strengths(votes.wins(draws.astype(np.float64)))


METHODS = {
    "two-way": lambda votes, seed: resample_strengths(votes, seed=seed),
    "unscaled": lambda votes, seed: resample_strengths(votes, seed=seed, scaled=False),
    "votes": of_votes,
}


def measure(setting, num_polls):
    truth = truth_of(setting[-1])
    pairs = list(zip(*np.triu_indices(len(STRENGTHS), 1), strict=True))
    rows = {name: [] for name in METHODS}
    errors = []
    for seed in range(num_polls):
        votes = population(np.random.default_rng(seed), *setting)
        found = fit_strengths(votes.wins())
        errors.append(found - truth)
        for name, method in METHODS.items():
            replicates = method(votes, seed)
            for i, j in pairs:
                low, high = interval(found[i] - found[j], replicates[:, i] - replicates[:, j])
                true = truth[i] - truth[j]
                clear = low > 0 or high < 0
                rows[name].append(
                    (low <= true <= high, high - low, clear, clear and (low > 0) != (true > 0))
                )
    summary = {
        name: dict(
            zip(
                ("coverage", "width", "clear", "clear_and_wrong"),
                np.round(np.mean(row, axis=0), 4).tolist(),
                strict=True,
            )
        )
        for name, row in rows.items()
    }
    errors = np.array(errors)
    return {
        "true_strengths": np.round(truth, 3).tolist(),
        "bias": np.round(errors.mean(0), 3).tolist(),
        "deviation": np.round(errors.std(0), 3).tolist(),
        **summary,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--polls", type=int, default=300)
    given = parser.parse_args()
    began = time.monotonic()
    results = {}
    for name, setting in SETTINGS.items():
        results[name] = measure(setting, given.polls)
        print(name, *(f"{m}: {results[name][m]}" for m in METHODS), sep="\n  ", flush=True)
    content = {
        "num_polls": given.polls,
        "num_resamples": resampling.NUM_RESAMPLES,
        "seconds": round(time.monotonic() - began),
        "settings": results,
    }
    RESULT.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
