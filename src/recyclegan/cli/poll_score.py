"""`recyclegan poll score`: what people prefer, how sure that is, and which metrics agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.poll.files import Poll
    from recyclegan.poll.votes import Ballots


MAX_LISTED = 20
"""Refused files and votes that are printed; the result has all."""


@dataclass(frozen=True)
class PollScoreArguments:
    """Score a poll: strengths, win probabilities and ranks with 95 % intervals, and metrics."""

    poll: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DIR")]
    """The folder that `poll build` wrote; its votes.sqlite and votes-*.json are read."""
    votes: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE [FILE ...]")] = ()
    """More files of votes, wherever they are."""
    metrics: Path | None = None
    """The comparison.json of the same sets: every metric is held against people's order."""
    out: Path | None = None
    """The result, by default score.json in the poll's folder; its picture lies beside it (.png)."""
    reference: str | None = None
    """The set that win probabilities are against, by default the first."""
    seed: int = 0
    """Seed of the resampling."""
    json: bool = False
    """Print the result as JSON instead of tables."""
    overwrite: bool = False
    """Replace an earlier result."""


def main(args: Sequence[str]) -> int:
    """Score a poll; return 1 where some votes were refused."""
    given = parse(PollScoreArguments, args, "poll score")
    out = given.out or given.poll / "score.json"
    picture = out.with_suffix(".png")
    _refuse(given, out, picture)
    from rich.console import Console

    from recyclegan.atomic import write_json
    from recyclegan.poll.figure import draw_score
    from recyclegan.poll.files import read_key, read_poll
    from recyclegan.poll.metric_orders import read_comparison
    from recyclegan.poll.scoring import score_poll

    poll = read_poll(given.poll)
    key = read_key(given.poll, poll)
    comparison = read_comparison(given.metrics) if given.metrics else None
    ballots = _gather(given, poll)
    score = score_poll(
        poll, key, ballots, reference=given.reference, comparison=comparison, seed=given.seed
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(out, score)
    draw_score(score, picture)
    if given.json:
        print(json.dumps(score, indent=2, allow_nan=False))
    else:
        _print(Console(highlight=False, soft_wrap=True), score)
        print(f"Result in {out}, picture in {picture}")
    return 1 if score["refused"] else 0


def _refuse(given: PollScoreArguments, out: Path, picture: Path) -> None:
    if picture == out:
        raise UserError(f"--out {out}: the result is JSON, with its picture beside; name a .json.")
    there = next((path for path in (out, picture) if path.exists()), None)
    if there and not given.overwrite:
        raise UserError(f"{there} is there: choose another --out, or replace it with --overwrite.")


def _gather(given: PollScoreArguments, poll: Poll) -> Ballots:
    from recyclegan.poll.store import FILE_NAME, VoteStore
    from recyclegan.poll.votes import Ballots

    ballots = Ballots(poll)
    database = given.poll / FILE_NAME
    if database.exists():
        store = VoteStore(given.poll, poll.id)
        for voter in store.voters():
            ballots.add(voter, store.votes_of(voter), str(database))
        store.close()
    for path in dict.fromkeys([*sorted(given.poll.glob("votes-*.json")), *given.votes]):
        ballots.add_file(path)
    return ballots


def _print(console: Console, score: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    counts = score["votes"]
    console.print(
        f"{counts['num_votes']} votes ({counts['num_ties']} ties) on {counts['num_pictures']} "
        f"pictures by {counts['num_voters'] - counts['num_voters_dropped']} people; "
        f"{counts['num_voters_dropped']} more failed the attention checks."
    )
    table = Table("", "strength", "rank", box=None, pad_edge=False)
    table.add_column(Text(f"wins against {score['reference']}"))
    ordered = sorted(score["sets"].items(), key=lambda item: item[1]["rank"])
    for name, row in ordered:
        low, high = row["rank_interval"]
        rank = f"{low}" if low == high else f"{low} to {high}"
        against = row["wins_against_reference"]
        chance = "" if name == score["reference"] else _figure(against, 100, "{:.0f}", " %")
        table.add_row(Text(name), _figure(row["strength"], 1, "{:+.2f}"), rank, chance)
    console.print(table)
    for pair in score["pairs"]:
        if pair["verdict"] == "unclear":
            console.print(f"not clear: {pair['first']} or {pair['second']}", markup=False)
    alpha = score["agreement"]["krippendorff_alpha"]
    if alpha is not None:
        console.print(f"Krippendorff's alpha between people: {alpha:.2f}")
    if score["metrics"]:
        console.print(_metrics(score["metrics"]))
        console.print("chance: unrelated orders of the sets that come as far from 0")
    for row in score["skipped"]:
        console.print(f"skipped: {row['metric']}: {row['reason']}", markup=False)
    for row in score["refused"][:MAX_LISTED]:
        console.print(f"refused: {row['place']}: {row['reason']}", markup=False)
    if len(score["refused"]) > MAX_LISTED:
        console.print(f"and {len(score['refused']) - MAX_LISTED} more that are in the result")
    for warning in score["warnings"]:
        console.print(f"note: {warning}", markup=False)


def _metrics(metrics: dict[str, Any]) -> Any:
    from rich.table import Table
    from rich.text import Text

    words = {"agrees": "ranks as people do", "disagrees": "ranks against people"}
    table = Table("metric", "Spearman", "chance", "", box=None, pad_edge=False)
    for name, row in sorted(metrics.items(), key=lambda item: -item[1]["spearman"]["value"]):
        table.add_row(
            Text(name),
            _figure(row["spearman"], 1, "{:+.2f}"),
            f"{row['chance']:.0%}",
            words.get(row["verdict"], f"not clear ({row['num_sets']} sets)"),
        )
    return table


def _figure(figure: dict[str, Any], scale: float, form: str, unit: str = "") -> Any:
    from rich.text import Text

    value, low, high = (
        form.format(scale * number) for number in (figure["value"], *figure["interval"])
    )
    return Text(f"{value}{unit} ({low} to {high})")
