"""`model.json`: what a person says of a model whose pictures were made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from recyclegan.errors import UserError
from recyclegan.translation.cost import COST_FIELDS, COSTS, SECONDS

MODEL = "model.json"
EXAMPLE = '{"parameters": 11378179, "multiply_adds": 49551507456, "seconds_per_image": 0.8}'


def read_model(folder: Path) -> dict[str, Any]:
    """Return what model.json in a folder says: numbers of `COSTS`, and texts on how they came.

    Fields that a comparison does not know are left out; without the file it is empty.

    Raises:
        UserError: it is no JSON object with a number of `COSTS`, or a number cannot be one.
    """
    path = folder / MODEL
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, Mapping):
        raise UserError(f"{path} is no JSON object; write one like {EXAMPLE}.")
    for field in content.keys() - set(COST_FIELDS):
        near = get_close_matches(field, COST_FIELDS, n=1, cutoff=0.8)
        if near:
            raise UserError(f"{path} has the field {field!r}; did you mean {near[0]!r}?")
    known = {field: content[field] for field in COST_FIELDS if field in content}
    for field, value in known.items():
        _check(path, field, value)
    if not known.keys() & set(COSTS):
        raise UserError(f"{path} has none of {', '.join(COSTS)}; write one like {EXAMPLE}.")
    return known


def _check(path: Path, field: str, value: object) -> None:
    is_number = type(value) in (int, float) and isfinite(value)  # type: ignore[arg-type]
    if field not in COSTS:
        fits, wanted = isinstance(value, str) and bool(value.strip()), "a text"
    elif field == SECONDS:
        fits, wanted = is_number and value > 0, "a number above 0"  # type: ignore[operator]
    else:
        fits = is_number and value >= 0 and value % 1 == 0  # type: ignore[operator]
        wanted = "a whole number, 0 or more"
    if not fits:
        raise UserError(f"{path}: {field} is {json.dumps(value)}; it must be {wanted}.")
