"""The tables that end every command that makes or filters a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.data.building import Outcome


def print_dropped(console: Console, outcomes: Mapping[str, Outcome]) -> None:
    """Print how many sources were dropped for which reason, each with its first example."""
    dropped = {key: outcome for key, outcome in outcomes.items() if outcome.dropped}
    if not dropped:
        return
    table = Table("dropped because", "files", "for example", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for reason, count in Counter(outcome.dropped for outcome in dropped.values()).most_common():
        key, first = next((k, o) for k, o in dropped.items() if o.dropped == reason)
        example = f"{key} ({first.detail})" if first.detail else key
        table.add_row(Text(str(reason)), f"{count:,}", Text(example))
    console.print(table)


def print_split(console: Console, counts: Mapping[str, tuple[int, int]]) -> None:
    """Print the table of class, train, test and total from training and test numbers by class."""
    table = Table("class", "train", "test", "total", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    train, test = (sum(numbers) for numbers in zip(*counts.values(), strict=True))
    for name, (num_train, num_test) in {**counts, "total": (train, test)}.items():
        total = num_train + num_test
        table.add_row(Text(name), f"{num_train:,}", f"{num_test:,}", f"{total:,}")
    console.print(table)
