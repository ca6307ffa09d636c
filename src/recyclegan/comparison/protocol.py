"""Which sets were made under one protocol: only those can be ranked against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recyclegan.comparison.sets import ComparedSet


@dataclass(frozen=True)
class _Aspect:
    """One thing that should be equal in all sets: its value, and how to say it."""

    value: Callable[[ComparedSet], Any]
    say: Callable[[ComparedSet], str]
    forbids: bool = True
    """Whether sets that differ in it are not ranked against each other."""
    of_baselines: bool = True
    """Whether it is asked of baselines, which are made here and have no choice of format."""


def _names(one: ComparedSet) -> str:
    return f"pictures named {one.pictures.names[0]} to {one.pictures.names[-1]}"


def _sizes(one: ComparedSet) -> str:
    shown = ["{}x{}".format(*size) for size in sorted(one.sizes)]
    return f"pictures of {', '.join(shown[:3])}{', …' if len(shown) > 3 else ''}"


_NUMBER = _Aspect(lambda one: one.num, lambda one: f"{one.num} pictures")
_NAMES = _Aspect(lambda one: frozenset(one.pictures.names), _names)
_ASPECTS = (
    _NUMBER,
    _NAMES,
    _Aspect(lambda one: frozenset(one.sizes), _sizes),
    _Aspect(
        lambda one: one.formats,
        lambda one: f"{' and '.join(one.formats)} files",
        of_baselines=False,
    ),
    _Aspect(
        lambda one: one.record.get("source"),
        lambda one: f"translations of {one.record['source']}",
    ),
    # Variants that trained equally long end at different steps: told, and ranked all the same.
    _Aspect(
        lambda one: one.record.get("step"),
        lambda one: f"what a model made at step {one.record['step']}",
        forbids=False,
    ),
)


def flag_unlike(one: ComparedSet, sets: Sequence[ComparedSet]) -> list[str]:
    """Return a sentence for each way in which a set was made unlike most of the sets."""
    flags = []
    for aspect in _ASPECTS:
        known = [other for other in sets if aspect.value(other) is not None]
        if not known or not _asked(aspect, one) or aspect.value(one) is None:
            continue
        usual = Counter(map(aspect.value, known)).most_common(1)[0][0]
        example = next(other for other in known if aspect.value(other) == usual)
        # Fewer pictures have other names, too: one sentence is enough.
        repeated = aspect is _NAMES and one.num != example.num
        if aspect.value(one) == usual or repeated:
            continue
        verdict = "they are not ranked against each other" if aspect.forbids else "mind that"
        flags.append(
            f"{one.name} holds {aspect.say(one)} and {example.name} {aspect.say(example)}: "
            f"{verdict}."
        )
    return flags


def are_unlike(first: ComparedSet, second: ComparedSet) -> bool:
    """Return whether two sets must not be ranked: other pictures, sizes, formats or sources."""
    for aspect in _ASPECTS:
        values = aspect.value(first), aspect.value(second)
        asked = aspect.forbids and _asked(aspect, first) and _asked(aspect, second)
        if asked and None not in values and values[0] != values[1]:
            return True
    return False


def _asked(aspect: _Aspect, one: ComparedSet) -> bool:
    return one.role == "set" or aspect.of_baselines
