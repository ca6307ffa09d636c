"""What each field of a configuration means, from the docstrings below the fields."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from recyclegan.config import schema


@cache
def field_docs() -> dict[str, str]:
    """Return the sentences on every field that has some, by dotted name: `{"images.size": ...}`."""
    docs = {
        f"{part}.{field}": text for part, kind in _parts().items() for field, text in _docs(kind)
    }
    return docs | dict(_docs(schema.Config))


@cache
def part_docs() -> dict[str, str]:
    """Return the sentence on every part of a configuration: `{"images": ...}`."""
    return {name: inspect.getdoc(kind) or "" for name, kind in _parts().items()}


def _parts() -> dict[str, type]:
    kinds = {
        name: getattr(schema, str(kind), None)
        for name, kind in schema.Config.__annotations__.items()
    }
    return {name: kind for name, kind in kinds.items() if inspect.isclass(kind)}


def _docs(kind: type) -> Iterator[tuple[str, str]]:
    (node,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(node, ast.ClassDef)
    for field, text in pairwise(node.body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield ast.unparse(field.target), " ".join(text.value.value.split())
