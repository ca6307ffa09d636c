"""What the pages are made of: templates, styles and scripts that lie beside this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from recyclegan.report.embedding import data_uri

FOLDER = Path(__file__).parent


def make_environment() -> Environment:
    """Return the templates, which escape whatever is put into them."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    environment.filters["pretty_json"] = _pretty_json
    return environment


def join_files(*names: str) -> Markup:
    """Return style sheets or scripts of this folder one after the other, to stand in a page."""
    return Markup("\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names))


def _pretty_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, default=str)
