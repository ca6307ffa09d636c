"""A study's file: YAML in, checked values out, with errors that name the file and the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from recyclegan.config.yaml_file import read_yaml
from recyclegan.errors import UserError

STUDIES_DIR = Path(__file__).parent
"""The studies that come with the package lie beside this module."""

_FORBID = ConfigDict(extra="forbid")
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Names become folders: letters, digits, dots, dashes and underscores."""
Count = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True, config=_FORBID)
class Scenes:
    """Street scenes to render, with truth; the fields are those of `recyclegan data scenes`."""

    task: Literal["day2night", "hazy2clear"] = "day2night"
    num: Count = 200
    num_test: Count = 40
    size: Annotated[int, Field(ge=32)] = 64
    seed: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, config=_FORBID)
class Data:
    """A dataset directory with a test split of its own, or scenes to render."""

    folder: str | None = None
    scenes: Scenes | None = None


@dataclass(frozen=True, config=_FORBID)
class Variant:
    """A variant of the registry under a name of its own, with fields set otherwise."""

    name: Name
    variant: str
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=_FORBID)
class Budget:
    """One length of training in one of four units; `images` are pictures seen of each domain."""

    minutes: Amount | None = None
    steps: Count | None = None
    epochs: Amount | None = None
    images: Count | None = None


@dataclass(frozen=True, config=_FORBID)
class StudyFile:
    """What a study's file holds."""

    name: Name
    data: Annotated[Mapping[Name, Data], Field(min_length=1)]
    reference: str
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    budgets: Annotated[tuple[Budget, ...], Field(min_length=1)]
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    set: Mapping[str, Any] = field(default_factory=dict)
    jobs: Count = 1
    extractor: str = "auto"


def shipped() -> list[str]:
    """Return the names of the studies that come with the package."""
    return sorted(path.stem for path in STUDIES_DIR.glob("*.yaml"))


def find_file(given: str) -> Path:
    """Return a study's file by its path, or by its name where it came with the package.

    Raises:
        UserError: there is neither; lists the names.
    """
    path = Path(given)
    if path.is_file():
        return path
    if given in shipped():
        return STUDIES_DIR / f"{given}.yaml"
    raise UserError(
        f"There is no study {given}: name a YAML file, or one that comes with the program "
        f"({', '.join(shipped())})."
    )


def read_file(path: Path) -> StudyFile:
    """Read and check a study's file.

    Raises:
        UserError: it cannot be read, or a key is unknown, missing, twice there or does not fit.
    """
    content = read_yaml(path, "docs/studies.md")
    try:
        return TypeAdapter(StudyFile).validate_python(_in_full(content))
    except ValidationError as error:
        raise UserError(f"{path}: {_clause(error)}.") from None


def _in_full(content: Mapping[str, Any]) -> dict[str, Any]:
    """Write out what may be short: a variant by its name alone, a data set by its folder."""
    full = dict(content)
    if isinstance(full.get("variants"), list):
        full["variants"] = [
            {"name": entry, "variant": entry} if isinstance(entry, str) else entry
            for entry in full["variants"]
        ]
    if isinstance(full.get("data"), dict):
        full["data"] = {
            name: {"folder": entry} if isinstance(entry, str) else entry
            for name, entry in full["data"].items()
        }
    return full


def _clause(error: ValidationError) -> str:
    """Return the first problem as one clause that names the key as it stands in the file."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]")
    place = re.sub(r"\.(\d+)(?=\.|$)", lambda match: f"[{match[1]}]", place)
    if first["type"] == "missing":
        return f"{place} is missing"
    if first["type"] == "unexpected_keyword_argument":
        return f"there is no key {place}"
    message = first["msg"][0].lower() + first["msg"][1:]
    return f"{place} {first['input']!r} does not fit; it {_must(message)}"


def _must(message: str) -> str:
    if "should match pattern" in message:
        return "becomes a folder: letters, digits, '.', '-' and '_' alone, a letter or digit first"
    limit = re.sub(r"^\w+ should ", "", message)
    return f"must {limit.replace('a valid dictionary or instance of ', 'keys and values of ')}"
