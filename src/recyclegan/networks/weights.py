"""Files of pretrained weights: where they are looked for, how they are fetched and read."""

from __future__ import annotations

import http.client
import os
import re
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from recyclegan.atomic import sha256
from recyclegan.errors import UserError

VARIABLE = "RECYCLEGAN_WEIGHTS"
"""Names a directory of weights."""

SECONDS = 6.0
"""How long an answer from the network may take; without network nothing else is waited for."""


def find_weights(names: Sequence[str], url: str, given: Path | None) -> Path:
    """Return a file of weights: `given`, else RECYCLEGAN_WEIGHTS, torch hub's cache, a download.

    Args:
        names: names that the file may have, in order of preference.
        url: where it is fetched from, to torch hub's cache.
        given: the file, or a directory with one of `names`.

    Raises:
        UserError: there is none; says within seconds which file is wanted and the ways out.
    """
    if given is not None:
        found = _in_directory(given, names) if given.is_dir() else given
        if found is None or not found.is_file():
            raise UserError(f"--weights {given}: no such file (wanted: {' or '.join(names)}).")
        return found
    hub_dir = Path(torch.hub.get_dir(), "checkpoints")
    own_dir = os.environ.get(VARIABLE)
    for directory in (*([Path(own_dir)] if own_dir else ()), hub_dir):
        found = _in_directory(directory, names)
        if found:
            return found
    target = hub_dir / PurePosixPath(url).name
    if not target.suffix or target.name == "model.safetensors":
        target = hub_dir / names[0]
    _download(url, target)
    return target


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors in a .safetensors or .pth file by name, without a leading `module.`.

    Raises:
        UserError: the file holds no weights, or more than plain tensors.
    """
    try:
        if path.suffix == ".safetensors":
            content: Any = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    # A damaged file makes the unpickler raise almost anything.
    except (SafetensorError, OSError, ValueError, RuntimeError, EOFError, LookupError) as error:
        raise UserError(f"{path} cannot be read as weights ({_first_line(error)}).") from None
    except Exception as error:
        if type(error).__name__ != "UnpicklingError":
            raise
        raise UserError(f"{path} holds more than plain weights, or is damaged.") from None
    for key in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not content:
        raise UserError(f"{path} holds no weights by name: name a state dict.")
    return {
        str(name).removeprefix("module."): value
        for name, value in content.items()
        if isinstance(value, Tensor)
    }


def _in_directory(directory: Path, names: Sequence[str]) -> Path | None:
    return next((directory / name for name in names if (directory / name).is_file()), None)


def _download(url: str, target: Path) -> None:
    response = _open(url)
    if isinstance(response, Exception):
        raise UserError(
            f"{target} is wanted and {url} cannot be fetched ({_first_line(response)}): give the "
            f"file with --weights, put it into the directory named by {VARIABLE}, or use "
            "--features luminance, which needs none."
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
