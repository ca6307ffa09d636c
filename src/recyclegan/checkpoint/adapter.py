"""`adapter.safetensors`: what a tuning changed of a model, which it names by hash and place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from torch import Tensor

from recyclegan.atomic import sha256, write_atomically
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import (
    ADAPTER_KEY,
    FORMAT,
    GeneratorInfo,
    generators_bytes,
    read_generators,
    read_tensors,
    tensors_bytes,
)
from recyclegan.checkpoint.store import ADAPTER, GENERATORS
from recyclegan.config.plain import completed
from recyclegan.errors import UserError

LORA_A, LORA_B = ".lora_A", ".lora_B"
"""Ends of the names of an adapter's two tensors, (r,C,k,k) and (D,r,1,1)."""


@dataclass(frozen=True)
class AdapterInfo:
    """What an adapter says of itself: how it was tuned, from which file, and what the two make."""

    tune: str
    rank: int
    base: str
    base_sha256: str
    info: GeneratorInfo


def adapter_bytes(trained: Mapping[str, Tensor], info: AdapterInfo) -> bytes:
    """Return the file's content: the trained tensors by name, an adapter's as `<layer>.lora_A`."""
    return tensors_bytes(trained, ADAPTER_KEY, {"adapter": asdict(info)})


def is_adapter(path: Path) -> bool:
    """Return whether a file is an adapter; its tensors are not read."""
    try:
        with safe_open(path, framework="pt") as file:
            return ADAPTER_KEY in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False


def read_adapter(path: Path) -> tuple[dict[str, Tensor], AdapterInfo]:
    """Read an adapter; no code in it is ever run.

    Raises:
        UserError: the file is damaged, or is no adapter.
    """
    tensors, metadata = read_tensors(path)
    if ADAPTER_KEY not in metadata:
        raise UserError(f"{path} is no adapter; give an adapter.safetensors of `recyclegan adapt`.")
    try:
        content = json.loads(metadata[ADAPTER_KEY])
        if content["format"] != FORMAT:
            raise ValueError("another format")
        values = content["adapter"] | {"info": completed(content["adapter"]["info"])}
        return tensors, TypeAdapter(AdapterInfo).validate_python(values)
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{path} describes an adapter that this version does not know; use the version that "
            "wrote it."
        ) from None


def read_model(path: Path, base: str | None = None) -> tuple[dict[str, Tensor], GeneratorInfo]:
    """Return the tensors of a generators file, or of an adapter merged with its base.

    Args:
        path: the file.
        base: the adapter's base, any model; None: where it was when the adapter was made.

    Raises:
        UserError: a file is damaged or gone, the base is another, or there is one and no adapter.
    """
    if is_adapter(path):
        tensors, adapter = read_adapter(path)
        place = find_generators(Path(base)) if base else Path(adapter.base)
        if not place.is_file():
            raise UserError(f"{place}, which {path} adapts, is gone; say where it is with --base.")
        if sha256(place) != adapter.base_sha256:
            raise UserError(
                f"{place} is not what {path} adapts, which has the SHA-256 {adapter.base_sha256}; "
                "name that file with --base."
            )
        return merged(read_generators(place)[0], tensors, path), adapter.info
    if base:
        raise UserError(f"{path} is a whole model and has no base; leave --base out.")
    return read_generators(path)


def merge_adapter(
    adapter: Path, out: Path, *, base: str | None = None, overwrite: bool = False
) -> Path:
    """Write the plain generators file of an adapter and its base; return its path.

    `out` is a folder, or a file that ends in .safetensors.

    Raises:
        UserError: as in `read_model`, or the place is taken.
    """
    path = out if out.suffix == ".safetensors" else out / GENERATORS
    if path.exists() and not overwrite:
        raise UserError(f"--out {path} is there already; name another place, or give --overwrite.")
    adapter = adapter / ADAPTER if adapter.is_dir() else adapter
    read_adapter(adapter)
    content = generators_bytes(*read_model(adapter, base))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
    return path


def merged(
    frozen: Mapping[str, Tensor], trained: Mapping[str, Tensor], path: Path | None = None
) -> dict[str, Tensor]:
    """Return a plain model: frozen tensors, W + B A where there is an adapter, trained ones.

    Raises:
        UserError: an adapter, read from `path`, does not fit.
    """
    tensors = dict(frozen)
    try:
        for name, value in trained.items():
            if name.endswith(LORA_A):
                layer = name.removesuffix(LORA_A)
                weight, b = frozen[f"{layer}.weight"], trained[f"{layer}{LORA_B}"]
                tensors[f"{layer}.weight"] = weight + (b.flatten(1) @ value.flatten(1)).view_as(
                    weight
                )
            elif not name.endswith(LORA_B):
                tensors[name] = value
    except (KeyError, RuntimeError):
        raise UserError(f"{path} does not fit the model that it names: it is damaged.") from None
    return tensors
