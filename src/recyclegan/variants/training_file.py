"""A training as a YAML file: a variant, the fields in which it differs, pictures and place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from recyclegan.config import Config
from recyclegan.config.plain import flatten, with_changes
from recyclegan.config.yaml_file import read_yaml
from recyclegan.errors import UserError
from recyclegan.variants.registry import get_variant

OWN = ("variant", "data", "out", "seed")
"""Keys beside the parts of a configuration."""
PARTS = ("generator", "discriminator", "losses", "optimizer", "images", "train")


@dataclass(frozen=True)
class TrainingFile:
    """What a file says; `fields` are those that it sets, by dotted name."""

    config: Config
    fields: frozenset[str]
    data: tuple[Path, ...]
    out: Path | None


def read_training_file(path: Path, variant: str | None = None) -> TrainingFile:
    """Read the file of a training; `variant` takes the place of the one that it names.

    Parts may be nested (`images: {size: 128}`) or dotted (`images.size: 128`). Paths are told from
    the folder of the file on.

    Raises:
        UserError: the file cannot be read, or a key or value in it does not fit; names both.
    """
    content = read_yaml(path, "docs/settings.md")
    # A part whose fields are all comments is there, and empty.
    parts = {key: value for key, value in content.items() if key not in OWN and value is not None}
    _refuse_unknown(parts, path)
    name = variant or content.get("variant")
    if not isinstance(name, str):
        raise UserError(f"{path} names no variant; add a line such as `variant: recyclegan`.")
    changes = {key.replace("-", "_"): value for key, value in flatten(parts).items()}
    try:
        config = with_changes(get_variant(name), changes, str(path))
        config = replace(config, seed=content.get("seed", config.seed))
    except UserError as error:
        said = str(error)
        raise UserError(said if said.startswith(str(path)) else f"{path}: {said}") from None
    data = content.get("data") or []
    return TrainingFile(
        config,
        frozenset(changes),
        tuple(_path(path, "data", one) for one in (data if isinstance(data, list) else [data])),
        _path(path, "out", content["out"]) if content.get("out") else None,
    )


def _refuse_unknown(parts: Mapping[Any, Any], path: Path) -> None:
    for key, value in parts.items():
        nested = key in PARTS and isinstance(value, Mapping)
        if nested or (isinstance(key, str) and "." in key):
            continue
        near = get_close_matches(str(key), (*OWN, *PARTS), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join((*OWN, *PARTS))}."
        if key in PARTS:
            hint = f"below {key} there are fields, each on a line of its own."
        raise UserError(f"{path}: there is no key {key} for {value!r}; {hint}")


def _path(file: Path, key: str, value: object) -> Path:
    if not isinstance(value, str):
        raise UserError(f"{file}: {key} {value!r} does not fit; it must be a folder, or two.")
    return file.parent / Path(value).expanduser()
