"""What each field of a configuration means, from the docstrings below the fields."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise

from recyclegan.config import schema


@cache
def field_docs() -> dict[str, str]:
    """Return the sentences on every field that has some, by dotted name: `{"images.size": ...}`."""
    tree = ast.parse(inspect.getsource(schema))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    docs: dict[str, str] = {}
    for field in classes["Config"].body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.annotation, ast.Name):
            part = classes.get(field.annotation.id)
            if part is not None:
                name = ast.unparse(field.target)
                docs |= {f"{name}.{key}": text for key, text in _docs(part).items()}
    return docs | _docs(classes["Config"])


@cache
def part_docs() -> dict[str, str]:
    """Return the sentence on every part of a configuration: `{"images": ...}`."""
    kinds = {
        name: getattr(schema, str(kind), None)
        for name, kind in schema.Config.__annotations__.items()
    }
    return {name: inspect.getdoc(k) or "" for name, k in kinds.items() if inspect.isclass(k)}


def _docs(node: ast.ClassDef) -> dict[str, str]:
    return {
        ast.unparse(field.target): " ".join(text.value.value.split())
        for field, text in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
