"""`recyclegan variants`: the study's table, from the code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recyclegan.cli.arguments import parse
from recyclegan.config import Config
from recyclegan.config.plain import differences
from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.registry import VARIANTS


@dataclass(frozen=True)
class VariantsArguments:
    """Print every variant: what it is made of, and how it differs from the baseline."""

    json: bool = False
    """Print JSON instead of a table."""


def main(args: Sequence[str]) -> int:
    """Print the variants; return the exit status."""
    given = parse(VariantsArguments, args, "variants")
    rows = [describe_variant(config) for config in VARIANTS.values()]
    if given.json:
        print(json.dumps(rows, indent=2))
        return 0
    _print_tables(rows)
    return 0


def describe_variant(config: Config) -> dict[str, Any]:
    """Return a variant's name, description, parameters of one network each, and differences."""
    from recyclegan.translators.parameters import count_parameters

    return {
        "name": config.variant,
        "description": config.description,
        **count_parameters(config),
        "differences": differences(config, BASELINE),
    }


def _print_tables(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("variant", "F", "R", "AMP", "skip", "loss", "attends", "smooth", "G", "D"):
        right = heading in ("F", "R", "G", "D")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for row in rows:
        config = VARIANTS[row["name"]]
        counts = (row["generator_parameters"], row["discriminator_parameters"])
        table.add_row(row["name"], *table_cells(config), *(f"{count:,}" for count in counts))
    console.print(table)
    console.print(
        f"Each variant is {BASELINE.variant} with these differences alone:", highlight=False
    )
    for row in rows:
        changes = ", ".join(f"{name} = {value}" for name, value in row["differences"].items())
        console.print(f"[bold]{row['name']}[/]: {row['description']}.", highlight=False)
        console.print(f"  {changes or 'none: it is the baseline'}", highlight=False)


def table_cells(config: Config) -> tuple[str, ...]:
    """Return a variant's cells of the study's table, between its name and its parameters."""
    generator, losses = config.generator, config.losses
    sides = [("G", generator.attention), ("D", config.discriminator.attention)]
    smoothing = f"{losses.path_length:g} / {losses.path_length_interval}"
    return (
        str(generator.features),
        str(generator.blocks),
        "" if config.train.precision == "fp32" else "yes",
        "" if generator.skips == "none" else generator.skips,
        losses.adversarial,
        " and ".join(side for side, has in sides if has),
        smoothing if losses.path_length else "",
    )
