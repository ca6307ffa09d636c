"""One training of a study: its budget, its configuration and the command that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from recyclegan.config import Config
from recyclegan.config.plain import differences, flatten, to_plain
from recyclegan.variants.registry import get_variant

PLACE = ("train.threads", "train.device")
"""Where a training computes, which does not make it another training."""

PINNED = ("train.start_from", "train.start_sha256", "generator.affine_norms")
"""What is filled in when a training begins with another model's generators."""


@dataclass(frozen=True)
class Length:
    """A budget in its unit: minutes, steps, epochs or images (pictures seen of each domain)."""

    unit: str
    amount: float

    @property
    def label(self) -> str:
        """Its name in folders and tables: "10-minutes"."""
        whole = int(self.amount)
        return f"{whole if whole == self.amount else f'{self.amount:g}'}-{self.unit}"

    @property
    def seconds(self) -> float | None:
        """How long a training takes, where the budget says it."""
        return self.amount * 60 if self.unit == "minutes" else None

    def fields(self, pictures_a_step: int) -> dict[str, float | None]:
        """Return the fields of a configuration that ask for this length."""
        if self.unit == "images":
            steps = ceil(self.amount / pictures_a_step)
        elif self.unit == "steps":
            steps = int(self.amount)
        else:
            fields = {"train.minutes": None, "train.steps": None, f"train.{self.unit}": self.amount}
            return fields
        return {"train.minutes": None, "train.steps": steps}


@dataclass(frozen=True)
class Training:
    """One training of a study."""

    data: str
    length: Length
    name: str
    seed: int
    config: Config
    settings: Mapping[str, Any]
    """What the file sets otherwise than the variant has it, by dotted name."""

    @property
    def key(self) -> str:
        """Where its run, translations and figures lie: "scenes/10-minutes/cyclegan-0"."""
        return f"{self.data}/{self.length.label}/{self.name}-{self.seed}"

    def command(self, data: Path, out: Path) -> list[str]:
        """Return the words after `recyclegan` that train it."""
        words = ["train", self.config.variant, "--data", str(data), "--out", str(out)]
        return [*words, *flags(self.config)]

    def fits(self, config: Config) -> bool:
        """Tell whether a run of this configuration is this training, wherever it computed.

        What was `auto` is written down when a training begins, and so may differ.
        """
        ours, theirs = (flatten(to_plain(one)) for one in (self.config, config))
        return all(
            theirs.get(key) == value
            for key, value in ours.items()
            if value != "auto" and key not in PLACE and key not in PINNED
        )


def flags(config: Config) -> list[str]:
    """Return the flags of `recyclegan train` by which a configuration departs from its variant."""
    words: list[str] = []
    for key, value in differences(config, get_variant(config.variant)).items():
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            part, _, name = flag.rpartition(".")
            words.append(f"--{part}.{'' if value else 'no-'}{name}")
        elif isinstance(value, tuple):
            words += [f"--{flag}", *map(str, value)]
        else:
            words += [f"--{flag}", str(value)]
    return words
