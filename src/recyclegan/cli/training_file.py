"""The text of a training's file: what is set, what could be, and what each line means."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import yaml

from recyclegan.config import Config
from recyclegan.config.documented import field_docs, part_docs
from recyclegan.config.plain import differences, flatten, to_plain
from recyclegan.variants.registry import get_variant

SHOWN = (
    "images.size",
    "images.flip",
    "images.test_fraction",
    "train.minutes",
    "train.save_minutes",
    "train.eval_minutes",
    "train.device",
    "train.threads",
    "train.precision",
    "train.on_divergence",
    "optimizer.batch",
    "optimizer.lr_generator",
    "losses.cycle",
    "losses.identity",
)
"""Fields that people set most often; those not set stand there as comments."""

HEAD = """\
A training for `recyclegan train --config {path}`. A line without # in front is set; all else is as
the variant has it. Flags on the command line go before this file. All fields: `recyclegan train
{variant} --help`."""


def training_file(config: Config, data: Sequence[Path], folder: Path) -> str:
    """Return a YAML file, to lie in `folder`, with which a configuration is trained there."""
    flat, set_here = flatten(to_plain(config)), differences(config, get_variant(config.variant))
    docs, parts = field_docs(), part_docs()
    lines = [
        *_comment(HEAD.format(path=folder / "config.yaml", variant=config.variant)),
        "",
        *_comment("What to train; `recyclegan variants` lists them."),
        _entry("variant", config.variant),
        "",
        *_comment("A dataset directory, or the folders of domain a and b; from this file on."),
        _entry("data", [_seen_from(folder, path) for path in data]),
        "",
        *_comment("The run directory to make, from this file on."),
        _entry("out", "run"),
        "",
        *_comment(docs["seed"]),
        _entry("seed", config.seed),
    ]
    names = [*SHOWN, *(name for name in set_here if name not in (*SHOWN, "seed"))]
    for part in dict.fromkeys(name.partition(".")[0] for name in names):
        lines += ["", *_comment(parts[part]), f"{part}:"]
        for name in names:
            if name.startswith(f"{part}."):
                off = "" if name in set_here else "# "
                entry = _entry(name.partition(".")[2], flat[name])
                lines += [*_comment(docs[name], "  "), f"  {off}{entry}"]
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(" ".join(text.split()), 96, initial_indent=f"{indent}# ",
                         subsequent_indent=f"{indent}# ", break_on_hyphens=False)  # fmt: skip


def _entry(name: str, value: object) -> str:
    if isinstance(value, list | tuple):
        return (
            f"{name}: {yaml.safe_dump(list(value), default_flow_style=True, width=10**6).strip()}"
        )
    return yaml.safe_dump({name: value}, width=10**6).strip()


def _seen_from(folder: Path, path: Path) -> str:
    """Return a path that stays right wherever the command is called, and moves with the folder."""
    whole, home = path.resolve(), folder.resolve()
    return str(whole.relative_to(home)) if whole.is_relative_to(home) else str(whole)
