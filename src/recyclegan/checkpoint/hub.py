"""`hub://owner/name`: a model on the Hugging Face Hub, of which tensors and text alone are read."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from recyclegan.atomic import sha256
from recyclegan.checkpoint.store import GENERATORS
from recyclegan.errors import RunFailed, UserError

CONFIG, CARD, SAMPLE = "config.json", "README.md", "sample.jpg"
SHARED = (GENERATORS, CONFIG, CARD, SAMPLE)
"""All that a shared model consists of, and all that is ever fetched."""

SCHEME = "hub:"
REPO = r"\w[\w.-]*/\w[\w.-]*"
# A path that was made of an address has lost one of its slashes.
_ADDRESS = re.compile(rf"hub:/{{1,2}}({REPO})(?:@(\w[\w./-]*))?")
_PICKLES = frozenset((".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".npy"))
_PATIENCE = 10
"""Seconds that the Hub has for its answer to whether there is such a model."""


def is_address(model: str | Path) -> bool:
    """Return whether this is meant for the Hub."""
    return str(model).startswith(SCHEME)


def fetch(address: str | Path) -> Path:
    """Return the folder of a shared model, fetched where it is not in the Hub's cache yet.

    Args:
        address: hub://owner/name, also with @revision.

    Raises:
        UserError: the address is none, there is no such model, or it holds what no shared model
            does: a pickle, a path that leads out of it, tensors without their hash.
        RunFailed: the Hub cannot be reached and the model was never fetched.
    """
    found = _ADDRESS.fullmatch(str(address))
    if not found or ".." in str(address):
        raise UserError(f"{address} is no address on the Hub; write hub://owner/name.")
    require_hub(str(address))
    folder = _fetched(*found.groups())
    check_shared(folder)
    return folder


def require_hub(what: str) -> None:
    """Pass if the package that talks to the Hub is installed.

    Raises:
        UserError: with the command that installs it.
    """
    if find_spec("huggingface_hub") is None:
        raise UserError(f"{what} needs huggingface_hub: pip install 'recyclegan[hub]'.")


def check_names(repo: str, names: list[str]) -> None:
    """Pass if a model on the Hub consists of such files as `recyclegan share` writes.

    Raises:
        UserError: names the first file that does not belong there, or the one that is missing.
    """
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise UserError(
                f"{repo} on the Hub names a file outside itself ({name}); it is refused."
            )
        if path.suffix.lower() in _PICKLES:
            raise UserError(
                f"{repo} on the Hub holds a pickle ({name}), which could run code; ask its owner "
                "for safetensors alone."
            )
    missing = [name for name in (GENERATORS, CONFIG) if name not in names]
    if missing:
        raise UserError(
            f"{repo} on the Hub has no {missing[0]}; give a model that `recyclegan share` wrote."
        )


def check_shared(folder: Path) -> None:
    """Pass if a shared model's tensors are those that its config.json gives the hash of.

    Raises:
        UserError: they are not, or it gives none.
    """
    try:
        wanted = json.loads((folder / CONFIG).read_text())["shared"]["sha256"]
        found = sha256(folder / GENERATORS)
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{folder} is no shared model, which has a {GENERATORS} and its hash in {CONFIG}; make "
            "one with `recyclegan share`."
        ) from None
    if wanted != found:
        raise UserError(
            f"{folder / GENERATORS} does not have the hash that {CONFIG} gives: it is damaged or "
            "was replaced; fetch it again."
        )


def _fetched(repo: str, revision: str | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    wanted = list(SHARED)
    try:
        info = HfApi().model_info(repo, revision=revision, timeout=_PATIENCE)
        check_names(repo, [file.rfilename for file in info.siblings or ()])
        # By its own name, under which it is found again without a network.
        return Path(snapshot_download(repo, revision=revision, allow_patterns=wanted))
    except (RepositoryNotFoundError, RevisionNotFoundError):
        at = f" at {revision}" if revision else ""
        raise UserError(
            f"The Hub has no model {repo}{at} that may be read; check the name, or log in with "
            "`hf auth login`."
        ) from None
    except UserError:
        raise
    except Exception as error:  # Of the network, of the Hub, or of the disk.
        with suppress(Exception):
            kept = snapshot_download(
                repo, revision=revision, allow_patterns=wanted, local_files_only=True
            )
            if (Path(kept) / GENERATORS).is_file():
                return Path(kept)
        raise RunFailed(
            f"hub://{repo} cannot be fetched ({type(error).__name__}) and no copy is kept here; "
            "try again with a network, or give a folder."
        ) from None
