"""What a report says, apart from how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from PIL import Image


@dataclass(frozen=True)
class Example:
    """One held-out picture with what became of it; all of one size."""

    name: str
    source: Image.Image
    translation: Image.Image
    colour_transfer: Image.Image | None = None
    truth: Image.Image | None = None


@dataclass(frozen=True)
class DirectionSection:
    """One direction: its verdict in a sentence, its figures and its pictures.

    `evaluation` is what `recyclegan.evaluation.evaluating.evaluate_sets` returned.
    """

    direction: Literal["a2b", "b2a"]
    verdict: str
    examples: Sequence[Example]
    evaluation: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Command:
    """A command line to copy, and what it is for."""

    purpose: str
    line: str


@dataclass(frozen=True)
class ReportContent:
    """All that the page shows, top to bottom.

    `domains` are the names of a and b; `facts` are short pairs such as ("steps", "2,400");
    `events` are the lines of a run's metrics.jsonl; `limits` are sentences on what this page can
    not say, beside those that it says by itself.
    """

    title: str
    subtitle: str
    domains: tuple[str, str]
    directions: Sequence[DirectionSection]
    facts: Sequence[tuple[str, str]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[str] = ()
    commands: Sequence[Command] = ()
    limits: Sequence[str] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def direction_name(self, direction: str) -> str:
        """Return "day → night" for "a2b", and the other way round for "b2a"."""
        a, b = self.domains
        return f"{a} → {b}" if direction == "a2b" else f"{b} → {a}"
