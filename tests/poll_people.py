"""A poll of small pictures, and simulated people who answer it with known preferences."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.poll.files import read_key, read_poll
from recyclegan.poll.votes import Vote

STRENGTHS = {"alpha": 1.0, "beta": 0.0, "gamma": -1.0}
NUM_PICTURES = 8


def make_sets(root, names=tuple(STRENGTHS), num_pictures=NUM_PICTURES, side=24):
    """Folders of noise, one a set, with the same file names, and one of sources."""
    rng = np.random.default_rng(0)
    for name in (*names, "source"):
        (root / name).mkdir(parents=True)
        for index in range(num_pictures):
            pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"frame {index}.png")
    return [f"{name}={root / name}" for name in names]


def build(root, *flags, names=tuple(STRENGTHS), **sizes):
    """A poll built by the command; returns its folder, the poll and the key."""
    words = make_sets(root, names, **sizes)
    out = root / "poll"
    status = main(["poll", "build", "--sets", *words, "--out", str(out), *flags])
    assert status == 0
    poll = read_poll(out)
    return out, poll, read_key(out, poll)


def chosen(poll, key, place, swapped, strengths, rng, tie=0.3):
    """What a person answers: by Davidson's model of ties, with attention to the checks."""
    asked = poll.questions[place]
    first, second = reversed(asked.pictures) if swapped else asked.pictures
    check = key.checks.get(asked.id)
    if check:
        answer = "tie" if check.kind == "same" else "first" if first == check.expected else "second"
        return asked.id, first, answer
    gap = strengths[key.pictures[first].set] - strengths[key.pictures[second].set]
    weights = np.array([np.exp(gap / 2), tie, np.exp(-gap / 2)])
    answer = rng.choice(["first", "tie", "second"], p=weights / weights.sum())
    return asked.id, first, str(answer)


def ballot_of(poll, key, number, strengths=STRENGTHS, seed=0):
    """All of a person's votes, in order."""
    rng = np.random.default_rng((seed, number))
    return [
        Vote(*chosen(poll, key, place, swapped, strengths, rng), 2.0, index + 1)
        for index, (place, swapped) in enumerate(poll.ballots[number % len(poll.ballots)])
    ]


def as_file(poll, voter, votes, **changes):
    """What the page would save."""
    content = {
        "kind": "votes", "version": 1, "poll": poll.id, "voter": voter, "ballot": 0,
        "begun": "2025-01-31T12:00:00.000Z", "saved": "2025-01-31T12:09:00.000Z",
        "votes": [vars(vote) if isinstance(vote, Vote) else vote for vote in votes],
    }  # fmt: skip
    return json.dumps({**content, **changes}, default=lambda vote: vote.__dict__)
