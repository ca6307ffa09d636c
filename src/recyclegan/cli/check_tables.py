"""The tables of `recyclegan data check`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from recyclegan.data.check_parts import parts_in
from recyclegan.data.checking import CheckResult, Group, across_domains, leaked

SHOWN, FIRST = 20, 5
"""Files, and duplicates of each kind, that are listed on the screen; `--json` lists all."""


def print_check(console: Console, result: CheckResult) -> None:
    """Print what a check has found."""
    _print_parts(console, result)
    alike = Table("duplicates", "groups", "pictures", "across domains", "test also in train")
    kinds = (("exact", result.exact), ("near", result.near))
    for name, groups in kinds:
        counts = (len(groups), sum(map(len, groups)), len(across_domains(groups)))
        alike.add_row(name, *(f"{count:,}" for count in (*counts, len(leaked(groups)))))
    console.print(alike)
    for name, groups in kinds:
        a, b = result.domains.values()
        shared = [_example(group, "domain") for group in across_domains(groups)]
        _print_list(console, f"groups of {name} duplicates across domains", (a, b), shared, FIRST)
        mixed = [_example(group, "split") for group in groups if leaked([group])]
        _print_list(
            console,
            f"groups of {name} duplicates across the split",
            ("test", "train"),
            mixed,
            FIRST,
        )
    for title, listed in (("cannot be read", result.bad), ("suspicious", result.suspects)):
        rows = [(str(file.path), file.reason) for file in listed]
        _print_list(console, title, ("file", "because"), rows, SHOWN)
    for note in (*result.notes, f"{result.num_ignored:,} other files ignored"):
        console.print(note, highlight=False, markup=False)


def _print_parts(console: Console, result: CheckResult) -> None:
    table = Table("domain", "split", "pictures", "short side", "modes", "brightness", "sharpness")
    ends = (Column(name, overflow="fold") for name in ("darkest", "brightest"))
    extremes = Table("domain", "split", *ends)
    for part in parts_in(result.files):
        name = Text(result.domains[part.domain])
        side, light = part.short_side, part.brightness
        table.add_row(
            name,
            part.split,
            f"{len(part.files):,}",
            f"{side.min} / {side.median:g} / {side.max}",
            ", ".join(sorted({file.mode for file in part.files})),
            f"{light.min:.2f} / {light.median:.2f} / {light.max:.2f}",
            f"{part.sharpness.median:.3f}",
        )
        paths = (Text(str(file.path)) for file in (part.darkest, part.brightest))
        extremes.add_row(name, part.split, *paths)
    console.print(table)
    console.print(extremes)


def _example(group: Group, key: str) -> tuple[str, str]:
    """Return the first picture of each side: of domains a and b, or of test and train."""
    sides = {"domain": ("a", "b"), "split": ("test", "train")}[key]
    a, b = (next(str(f.path) for f in group if getattr(f, key) == side) for side in sides)
    return a, b


def _print_list(
    console: Console,
    title: str,
    columns: tuple[str, str],
    rows: Sequence[tuple[str, str]],
    limit: int,
) -> None:
    """Print the first rows of a list under its number and title; nothing for an empty one."""
    if not rows:
        return
    headers = [Column(Text(column), overflow="fold") for column in columns]
    table = Table(*headers, title=f"{len(rows):,} {title}", title_justify="left")
    for row in rows[:limit]:
        table.add_row(*map(Text, row))
    console.print(table)
    if len(rows) > limit:
        console.print(f"… and {len(rows) - limit:,} more: --json lists all.")
