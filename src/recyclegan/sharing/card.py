"""The model card: README.md in the Hub's form, made of facts alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from recyclegan.checkpoint.hub import SAMPLE
from recyclegan.sharing.facts import Facts, Measurement

LIMITS = (
    "It learned from two sets of pictures that are not pairs: what it adds or takes away is "
    "likely, not true. Its results are no evidence of how a place looked, and no input to "
    "anything that has to be safe.",
    "Pictures of other places, cameras or seasons than those it learned from may come out worse; "
    "nothing here says how much.",
)
"""What holds of every model of this kind."""


def card(facts: Facts, *, license_name: str, has_sample: bool, address: str | None = None) -> str:
    """Return the text of README.md; `address` is the name on the Hub, where it is known."""
    sections = (
        _head(facts, license_name),
        f"# {escape(title(facts))}\n",
        _opening(facts),
        f"![A real picture, its translation and what came of it]({SAMPLE})\n" if has_sample else "",
        _use(facts, address),
        _data(facts),
        _recipe(facts),
        _metrics(facts),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in (*LIMITS, *own_limits(facts))) + "\n",
    )
    return "\n".join(section for section in sections if section)


def title(facts: Facts) -> str:
    """Return "day ↔ night, recyclegan" or, of one direction, "day → night, cut"."""
    if len(facts.directions) == 2:
        between = f"{facts.domains['a']} ↔ {facts.domains['b']}"
    else:
        between = facts.named(facts.directions[0])
    return f"{between}, {facts.variant}"


def own_limits(facts: Facts) -> Iterator[str]:
    """Yield what a reader has to know of this very model, a sentence each."""
    yield (
        f"It was trained on crops of {facts.size} px; other sizes are translated and keep their "
        "size."
    )
    if not facts.measurements:
        yield "Nothing was measured of this checkpoint."


def figure(row: Measurement) -> tuple[str, str, str, str]:
    """Return metric, value, interval and what it was computed with, as words."""
    value = "–" if row.value is None else f"{row.value:.4g}"
    span = " to ".join(f"{end:.4g}" for end in row.interval) if row.interval else "–"
    tool = row.extractor or "no network"
    return row.metric, value, span, f"{tool}, {row.weights_sha256}" if row.weights_sha256 else tool


def escape(text: str) -> str:
    """Return a name so that it is shown as it is in Markdown, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#!])", r"\\\1", " ".join(text.split()))


def _head(facts: Facts, license_name: str) -> str:
    kind = [facts.translator] if facts.translator else []
    values = {
        "license": license_name,
        "library_name": "recyclegan",
        "pipeline_tag": "image-to-image",
        "tags": ["recyclegan", "image-to-image", "unpaired-image-translation", *kind],
    }
    return f"---\n{yaml.safe_dump(values, sort_keys=False, allow_unicode=True)}---\n"


def _opening(facts: Facts) -> str:
    ways = " and ".join(escape(facts.named(direction)) for direction in facts.directions)
    about = f" {escape(facts.description)}." if facts.description else ""
    return (
        f"Translates pictures {ways}, learned from unpaired pictures with ReCycleGAN.{about} "
        f"{facts.parameters:,} parameters a generator, {facts.num_bytes / 1e6:.1f} MB in all, at "
        f"step {facts.step:,}. SHA-256 of generators.safetensors: `{facts.sha256}`.\n"
    )


def _use(facts: Facts, address: str | None) -> str:
    place, way = (f"hub://{address}" if address else "DIR"), facts.directions[0]
    return (
        "## Use\n\n```\npip install recyclegan\n"
        f"recyclegan translate {place} photos translated --direction {way}\n"
        f"recyclegan serve {place}\n```\n\n```python\n"
        "from PIL import Image\n\nfrom recyclegan import from_pretrained\n\n"
        f'translate = from_pretrained("{address or "DIR"}", direction="{way}")\n'
        'translate(Image.open("photo.jpg")).save("translated.png")\n```\n'
    )


def _data(facts: Facts) -> str:
    if not facts.pictures:
        return "## Data\n\nNot known: the file was shared without its run.\n"
    rows = [
        f"| {escape(facts.domains.get(part.split()[-1], ''))} | {part.split()[0]} | {count:,} |"
        for part, count in facts.pictures.items()
    ]
    table = "\n".join(["| pictures | part | number |", "|---|---|--:|", *rows])
    return f"## Data\n\n{table}\n\nSHA-256 of the manifest: `{facts.data_digest}`.\n"


def _recipe(facts: Facts) -> str:
    if not facts.recipe:
        return ""
    rows = [f"| `{name}` | {escape(value)} |" for name, value in facts.recipe.items()]
    departs = "Where it departs from the baseline, `case-1`, and what it was computed on.\n"
    return "\n".join(["## Recipe\n", departs, "| | |", "|---|---|", *rows, ""])


def _metrics(facts: Facts) -> str:
    if not facts.measurements:
        return ""
    rows = [
        "| "
        + " | ".join(map(escape, (facts.named(row.direction), *figure(row), str(row.num))))
        + " |"
        for row in facts.measurements
    ]
    head = ["| direction | metric | value | 95 % interval | extractor, its weights | pictures |"]
    return "\n".join(["## Metrics\n", *head, "|---|---|--:|---|---|--:|", *rows, ""])
