"""Write the pages of the documentation that follow from the code: `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path

from recyclegan.atomic import write_atomically
from recyclegan.cli.variants import describe_variant, table_cells
from recyclegan.config import Config
from recyclegan.config.documented import field_docs, part_docs
from recyclegan.config.plain import flatten, to_plain
from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.registry import VARIANTS

VARIANTS_PAGE = Path(__file__).with_name("variants.md")
SETTINGS_PAGE = Path(__file__).with_name("settings.md")

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

SETTINGS_HEAD = """\
# Settings

Written by `python docs/generate.py` from the code; do not edit it by hand.

`recyclegan new DIR` asks for the folders, the size and the time, and writes `DIR/config.yaml`,
which explains each of its lines. Such a file holds no more than what differs from a
[variant](variants.md):

```yaml
variant: recyclegan
data: [photos/day, photos/night]
out: runs/mine
seed: 0
images:
  size: 128
train:
  minutes: 60
```

```console
recyclegan new mine --data photos/day photos/night --size 128 --minutes 60
recyclegan train --config mine/config.yaml
recyclegan train --config mine/config.yaml --train.minutes 90 --out runs/longer
recyclegan train case-4 --config mine/config.yaml --out runs/case-4
```

Flags go before the file, the file goes before the variant; a variant on the command line takes the
place of the file's. Of a budget in minutes, steps or epochs the flag is the one that counts. Paths
are told from the folder of the file on. A field may stand below its part or with its whole name
(`images.size: 128`); a name that there is not gets one sentence with the nearest. In place of
`None` a file says `null`.

With `--or-resume` the same command goes on where it was cut, and says so if what is at `--out` is
another training. `config.json` in the run holds all fields, whatever changes later.

Below is every field with the value of `{baseline}`; `recyclegan train VARIANT --help` shows those
of another. On the command line a field is a flag: `--images.size 128`, with - in place of _.
"""


def settings_page() -> str:
    """Return the page on the file of a training and its fields, as Markdown."""
    values, docs = flatten(to_plain(BASELINE)), field_docs()
    lines = [SETTINGS_HEAD.format(baseline=BASELINE.variant)]
    for part, sentence in part_docs().items():
        lines += [f"## {part}", "", sentence, "", "| field | value | meaning |", "|---|---|---|"]
        for name, value in values.items():
            if name.startswith(f"{part}."):
                meaning = docs[name].replace("|", "\\|")
                shown = ", ".join(value) if isinstance(value, tuple) else value
                lines.append(f"| `{name.partition('.')[2]}` | {shown} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


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
    write_atomically(VARIANTS_PAGE, variants_page().encode())
    write_atomically(SETTINGS_PAGE, settings_page().encode())
