"""Files of pretrained weights: where they are looked for, how they are fetched and read."""

from __future__ import annotations

import http.client
import os
import re
import threading
import urllib.request
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from recyclegan.atomic import sha256
from recyclegan.errors import UserError

VARIABLE = "RECYCLEGAN_WEIGHTS"
"""Names a directory of weights."""

SECONDS = 5.0
"""How long an answer from the network may take; without network nothing else is waited for."""


class Unavailable(UserError):
    """A pretrained network that cannot be had on this machine as it is.

    The sentence ends without a full stop, so that a command can add its own way out.
    """

    def __str__(self) -> str:
        return f"{super().__str__()}."

    def otherwise(self, way_out: str) -> UserError:
        """Return the same with one more way out."""
        return UserError(f"{super().__str__()}, or {way_out}.")


def local_weights(names: Sequence[str], given: Path | None = None) -> Path | None:
    """Return a file of weights that is on this machine already, if there is one.

    Args:
        names: names that the file may have, in order of preference.
        given: where alone to look, a directory or a file that has one of `names`; else
            RECYCLEGAN_WEIGHTS and torch hub's cache are looked into.
    """
    if given is not None and not given.is_dir():
        return given if given.name in names and given.is_file() else None
    own_dir = os.environ.get(VARIABLE)
    directories = [given] if given else [*([Path(own_dir)] if own_dir else []), hub_dir()]
    files = (directory / name for directory in directories for name in names)
    return next((file for file in files if file.is_file()), None)


def find_weights(names: Sequence[str], url: str, given: Path | None) -> Path:
    """Return a file of weights: `given`, else RECYCLEGAN_WEIGHTS, torch hub's cache, a download.

    Args:
        names: names that the file may have, in order of preference.
        url: where it is fetched from, to torch hub's cache.
        given: the file, or a directory with one of `names`.

    Raises:
        UserError: there is none; says within seconds which file is wanted and the ways out.
    """
    if given is not None and given.is_file():
        return given
    found = local_weights(names, given)
    if found:
        return found
    if given is not None:
        raise UserError(f"--weights {given}: no such file (wanted: {' or '.join(names)}).")
    target = hub_dir() / PurePosixPath(url).name
    if not target.suffix or target.name == "model.safetensors":
        target = hub_dir() / names[0]
    _download(url, target)
    return target


def hub_dir() -> Path:
    """Return the folder of torch hub's cache that weights are kept in."""
    return Path(torch.hub.get_dir(), "checkpoints")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors in a .safetensors or .pth file by name, without a leading `module.`.

    Floats of any width come as float32. Nothing but tensors is ever unpickled.

    Raises:
        UserError: the file holds no weights, or more than plain tensors.
    """
    content = read_archive(path)
    for key in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not content:
        raise UserError(f"{path} holds no weights by name: name a state dict.")
    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    require_plain(tensors.values(), path)
    return {
        str(name).removeprefix("module."): value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
    }


def read_archive(path: Path) -> Any:
    """Return what a .safetensors file or one that torch saved holds: tensors and plain values.

    Anything else is refused before it is made, so that no code in a file ever runs.

    Raises:
        UserError: the file is damaged, or holds anything else.
    """
    try:
        return _load(path)
    except UnpicklingError:
        raise UserError(f"{path} holds more than plain weights, or is damaged.") from None
    # A damaged file makes the unpickler raise almost anything.
    except Exception as error:
        raise UserError(f"{path} cannot be read as weights ({_first_line(error)}).") from None


def require_plain(tensors: Iterable[Tensor], path: Path) -> None:
    """Pass if the tensors read from a file are dense, in memory, and not larger than the file.

    Raises:
        UserError: names the file.
    """
    size = path.stat().st_size
    if not all(_is_plain(value, size) for value in tensors):
        raise UserError(f"{path} holds tensors that are no plain ones, or more than it has bytes.")


def check_fit(
    own: Mapping[str, Tensor], given: Mapping[str, Tensor], name: str, path: Path
) -> None:
    """Refuse weights that are not those of a network with these tensors.

    Raises:
        UserError: names the file, the network and the first tensors that are amiss.
    """
    counters = {key for key in own if key.endswith("num_batches_tracked")}
    reshaped = {key for key in own.keys() & given.keys() if own[key].shape != given[key].shape}
    for keys, what in (
        (own.keys() - given.keys() - counters, "lacks"),
        (given.keys() - own.keys(), "has, unknown to it,"),
        (reshaped, "has in another shape"),
    ):
        if keys:
            shown = ", ".join(sorted(keys)[:3])
            more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
            raise UserError(
                f"{path} is not of {name}: it {what} {shown}{more}; give its own weights."
            )


def _load(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return load_file(path)
    _require_no_bomb(path)
    with warnings.catch_warnings(action="ignore"):  # What it is unsure of, it then refuses.
        return torch.load(path, map_location="cpu", weights_only=True)


def _require_no_bomb(path: Path) -> None:
    """Refuse an archive whose parts say that they are larger than it is: torch packs nothing."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            declared = sum(part.file_size for part in archive.infolist())
        if declared > path.stat().st_size:
            raise ValueError(f"it says that it holds {declared:,} bytes, which it has not")


def _is_plain(value: Tensor, size: int) -> bool:
    """Return whether a tensor is dense, in memory, and not larger than a file of so many bytes."""
    dense = value.layout is torch.strided and value.device.type == "cpu"
    return dense and value.numel() * value.element_size() <= size


def _download(url: str, target: Path) -> None:
    response = _open(url)
    if isinstance(response, Exception):
        raise Unavailable(
            f"{target} is wanted and {url} cannot be fetched ({_first_line(response)}): give the "
            f"file with --weights, or put it into the directory named by {VARIABLE}"
        )
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with response, part.open("wb") as file:
            while chunk := response.read(1 << 20):
                file.write(chunk)
        wanted = re.search(r"-([0-9a-f]{8,})\.\w+$", target.name)
        if wanted and not sha256(part).startswith(wanted[1]):
            raise UserError(f"What {url} gave is not {target.name}: its hash is another.")
        part.replace(target)
    except (OSError, http.client.HTTPException) as error:
        raise UserError(
            f"{url} was cut off ({_first_line(error)}): try again, or give --weights."
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _open(url: str) -> http.client.HTTPResponse | Exception:
    """Return the answer to a request, or why there is none, in seconds."""
    answers: list[http.client.HTTPResponse | Exception] = []

    def ask() -> None:
        try:
            answers.append(urllib.request.urlopen(url, timeout=SECONDS))
        except Exception as error:
            answers.append(error)

    # The timeout of a socket does not cover the look-up of its name.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS)
    return answers[0] if answers else TimeoutError(f"no answer in {SECONDS:.0f} s")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
