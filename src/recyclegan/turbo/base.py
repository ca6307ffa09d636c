"""SD-Turbo, the model that is adapted: a folder in the layout of diffusers."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from recyclegan.errors import UserError
from recyclegan.networks.weights import VARIABLE

PACKAGES = ("diffusers", "transformers", "peft")
CONFIGS = (
    "unet/config.json",
    "vae/config.json",
    "text_encoder/config.json",
    "tokenizer/tokenizer_config.json",
    "scheduler/scheduler_config.json",
)
WEIGHTS = ("unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors")
"""The autoencoder's weights are in the file of adapters, adapted."""

HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def require_packages() -> None:
    """Pass if the packages that CycleGAN-turbo is made of are installed.

    Raises:
        UserError: names those that are missing and the command that installs them.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(
            f"CycleGAN-turbo needs {' and '.join(missing)}: pip install 'recyclegan[turbo]'."
        )


def is_turbo(model: Path) -> bool:
    """Return whether a path is a file of adapters, or a folder with SD-Turbo in it."""
    return model.suffix == ".pkl" or is_base(model)


def is_base(folder: Path) -> bool:
    """Return whether a folder looks like a model in the layout of diffusers."""
    return (folder / CONFIGS[0]).is_file()


def find_adapters(model: Path) -> Path:
    """Return the file of adapters: the path itself, or the only .pkl in a folder of SD-Turbo.

    Raises:
        UserError: there is none, or more than one.
    """
    if model.is_dir():
        found = sorted(model.glob("*.pkl"))
        if len(found) != 1:
            raise UserError(
                f"{model} is SD-Turbo with {len(found)} files of CycleGAN-turbo's (.pkl); name the "
                "one to use."
            )
        return found[0]
    if not model.is_file():
        raise UserError(f"There is no file {model}; give a .pkl of CycleGAN-turbo's.")
    return model


def find_base(adapters: Path, given: str | None) -> Path:
    """Return the folder of SD-Turbo for a file of adapters.

    Args:
        adapters: the .pkl; its own folder is looked at where nothing is given, then `sd-turbo` in
            the folder of weights that the environment names.
        given: a folder, or the name of a model on the Hugging Face Hub. Only such a name makes this
            use the network, and only for what is not in the Hub's cache yet.

    Raises:
        UserError: there is none, or files are missing in it; names them.
    """
    if given is None:
        places = [adapters.parent]
        if weights := os.environ.get(VARIABLE):
            places.append(Path(weights, "sd-turbo"))
        folder = next((place for place in places if is_base(place)), None)
        if folder is None:
            raise UserError(
                f"{adapters} adapts SD-Turbo, which is wanted too: give --base FOLDER (with unet/, "
                "vae/, text_encoder/, tokenizer/, scheduler/), or --base stabilityai/sd-turbo to "
                "fetch it."
            )
    elif Path(given).is_dir():
        folder = Path(given)
    elif HUB_ID.fullmatch(given):
        folder = _from_hub(given)
    else:
        raise UserError(f"--base {given}: there is no such folder.")
    missing = _missing(folder)
    if missing:
        raise UserError(
            f"{folder} is no whole SD-Turbo: it lacks {', '.join(missing)}; give --base another "
            "folder."
        )
    return folder


def _missing(folder: Path) -> list[str]:
    return [name for name in (*CONFIGS, *WEIGHTS) if not (folder / name).is_file()]


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted = [*CONFIGS, *WEIGHTS, "tokenizer/*"]
    try:
        with suppress(LocalEntryNotFoundError):
            cached = Path(snapshot_download(name, allow_patterns=wanted, local_files_only=True))
            if not _missing(cached):
                return cached
        return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:  # Of the network, of the Hub, or of the disk.
        raise UserError(
            f"--base {name}: there is no such folder, and the Hub's model of that name cannot be "
            f"fetched ({type(error).__name__}); give a folder that holds it."
        ) from None
