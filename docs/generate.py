"""Write the pages of the documentation that follow from the code: `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path

from recyclegan.atomic import write_atomically
from recyclegan.cli.variants import describe_variant, table_cells
from recyclegan.config import Config
from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.registry import VARIANTS

PAGE = Path(__file__).with_name("variants.md")

HEAD = f"""\
# Variants

Written by `python docs/generate.py` from the code; do not edit it by hand.

A variant is a complete configuration. Each is `{BASELINE.variant}` with the differences below and
no others, and `recyclegan train VARIANT --help` lists all its fields. F is the number of features
of the first convolution, R the number of residual blocks; the parameters are those of one
generator and of one discriminator. A training has two of each; where `translator` is `cut` it has
one of each, translates from a to b alone, and has heads for PatchNCE beside them.
[The study](study.md) tells where the variants come from,
[adding a variant](adding-a-variant.md) how to make another.
"""


def variants_page() -> str:
    """Return the page on the variants, as Markdown."""
    rows = ["| " + " | ".join(_row(config)) + " |" for config in VARIANTS.values()]
    table = [
        "| variant | F | R | AMP | skip | loss | attention | smoothing (weight / every steps) "
        "| generator | discriminator |",
        "|---|--:|--:|---|---|---|---|---|--:|--:|",
        *rows,
    ]
    sections = [_section(config) for config in VARIANTS.values()]
    return "\n".join([HEAD, *table, "", "## Differences", "", "\n".join(sections)])


def _row(config: Config) -> tuple[str, ...]:
    facts = describe_variant(config)
    counts = (facts["generator_parameters"], facts["discriminator_parameters"])
    return (f"`{config.variant}`", *table_cells(config), *(f"{count:,}" for count in counts))


def _section(config: Config) -> str:
    differences = describe_variant(config)["differences"]
    lines = [f"- `{name}` = `{value}`" for name, value in differences.items()]
    body = "\n".join(lines) or "This is the baseline: it differs in nothing."
    return f"### {config.variant}\n\n{config.description}.\n\n{body}\n"


if __name__ == "__main__":
    write_atomically(PAGE, variants_page().encode())
