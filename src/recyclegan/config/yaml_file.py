"""YAML files of settings: plain values alone, no key twice, errors that name the file."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from recyclegan.errors import UserError


def read_yaml(path: Path, page: str) -> dict[Any, Any]:
    """Return the keys and values of a file; `page` of the documentation shows such a one.

    Raises:
        UserError: it cannot be read, is not sound YAML, has a key twice, or holds anything else.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); name a YAML file.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not sound YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} should hold keys and values; {page} shows one.")
    return content


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads plain values alone, and refuses a key that is there twice: the first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        known: list[Any] = []
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in known:
                line = key_node.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: the key {key!r} is there twice")
            known.append(key)
        return super().construct_mapping(node, deep)
