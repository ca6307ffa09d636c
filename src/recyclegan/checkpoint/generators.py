"""`generators.safetensors`: generators that describe themselves; translation needs no more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from recyclegan.config import GeneratorConfig
from recyclegan.config.plain import completed
from recyclegan.errors import UserError

KEY, ADAPTER_KEY, FORMAT = "recyclegan", "recyclegan-adapter", 1


@dataclass(frozen=True)
class GeneratorInfo:
    """What a generators file says of itself.

    `domains` names the pictures of a and b ("day", "night"); `size` is the training crop in pixels.
    """

    variant: str
    generator: GeneratorConfig
    domains: Mapping[str, str]
    directions: tuple[str, ...]
    size: int
    step: int


def generators_bytes(tensors: Mapping[str, Tensor], info: GeneratorInfo) -> bytes:
    """Return the file's content; tensors are named `generator_a2b.<parameter>`."""
    return tensors_bytes(tensors, KEY, {"info": asdict(info)})


def tensors_bytes(tensors: Mapping[str, Tensor], key: str, described: Mapping[str, Any]) -> bytes:
    """Return the content of a file of tensors that describes itself under one key."""
    # One key, since safetensors writes several in any order and equal models should be equal files.
    metadata = {key: json.dumps({"format": FORMAT, **described})}
    contents = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(contents, metadata)


def read_generators(path: Path) -> tuple[dict[str, Tensor], GeneratorInfo]:
    """Read a generators file; no code in it is ever run.

    Raises:
        UserError: the file is damaged, or is no generators file of this project.
    """
    tensors, metadata = read_tensors(path)
    return tensors, _info(metadata, path)


def read_info(path: Path) -> GeneratorInfo:
    """Return what a generators file says of itself; its tensors are not read.

    Raises:
        UserError: as in `read_generators`.
    """
    with _opened(path) as file:
        return _info(file.metadata() or {}, path)


def weights_of(tensors: Mapping[str, Tensor], direction: str) -> dict[str, Tensor]:
    """Return the weights of one direction's generator, by the names that it has for them."""
    prefix = f"generator_{direction}."
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a safetensors file.

    Raises:
        UserError: it is damaged, or of another kind.
    """
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, file.metadata() or {}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path} cannot be read as a generators file ({error}); give a run folder, a "
            "checkpoint folder or a generators.safetensors written by `recyclegan train`."
        ) from None


def _info(metadata: Mapping[str, str], path: Path) -> GeneratorInfo:
    if ADAPTER_KEY in metadata:
        raise UserError(
            f"{path} is an adapter, no whole model; make one of it with `recyclegan adapt merge`."
        )
    if KEY not in metadata:
        raise UserError(
            f"{path} is a safetensors file, but not one of this project's generators (its metadata "
            f"lacks {KEY!r}); give a generators.safetensors written by `recyclegan train`."
        )
    try:
        content = json.loads(metadata[KEY])
        if content["format"] != FORMAT:
            raise ValueError("another format")
        return TypeAdapter(GeneratorInfo).validate_python(completed(content["info"]))
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{path} describes a generator that this version does not know; use the version that "
            "wrote it, or a file written by this one."
        ) from None
