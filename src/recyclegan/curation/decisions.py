"""What a person decided on the review page: `decisions.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recyclegan.errors import UserError

FORMAT = "recyclegan-decisions-1"


@dataclass(frozen=True)
class Decisions:
    """The pictures to leave out, by their paths below the dataset directory."""

    data: str
    """Digest of the manifest of the dataset that was reviewed."""
    a: frozenset[str]
    b: frozenset[str]
    saved: str
    """When, as ISO 8601."""


def read_decisions(path: Path) -> Decisions:
    """Return the decisions that the review page saved.

    Raises:
        UserError: the file is missing or holds no decisions; says the way out.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({(error.strerror or str(error)).lower()}): "
            "name the file that 'Save decisions.json' on the review page downloaded."
        ) from None
    except ValueError:
        content = None
    decisions = _parse(content)
    if decisions is None:
        raise UserError(
            f"{path} holds no decisions of the review page (format {FORMAT}): "
            "save them there again with 'Save decisions.json'."
        )
    return decisions


def _parse(content: Any) -> Decisions | None:
    match content:
        case {
            "format": "recyclegan-decisions-1",
            "data": str(data),
            "dropped": {"a": list(a), "b": list(b)},
            "saved": str(saved),
        } if all(isinstance(name, str) for name in (*a, *b)):
            return Decisions(data, frozenset(a), frozenset(b), saved)
    return None
