"""Frozen dataclasses whose values are checked as they are made, with errors for people."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from recyclegan.errors import UserError

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def checked(prefix: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator that makes a frozen dataclass, checked by its annotations.

    Making a value that does not fit raises a `UserError` naming the field as its flag does:
    `--<prefix><field>`.
    """

    def decorate(cls: type[T]) -> type[T]:
        built: Any = dataclass(frozen=True, config=ConfigDict(extra="forbid"))(cls)
        validate = built.__init__

        @wraps(validate)
        def __init__(self: T, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            try:
                validate(self, *args, **kwargs)
            except ValidationError as error:
                raise UserError(f"--{prefix}{describe(error)}.") from None

        built.__init__ = __init__
        return built

    return decorate


def describe(error: ValidationError) -> str:
    """Return the first problem of a validation as one clause: the field, its value, the limit."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]).replace("_", "-")
    if first["type"] == "missing":
        return f"{field} is missing"
    if first["type"] == "unexpected_keyword_argument":
        return f"there is no field {field}"
    message = first["msg"].lower().removeprefix("input should be ")
    return f"{field} {first['input']!r} does not fit; it must be {message}"
