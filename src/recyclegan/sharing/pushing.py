"""A shared folder becomes a model on the Hugging Face Hub."""

from __future__ import annotations

import re
from pathlib import Path

from recyclegan.checkpoint.hub import REPO, SHARED, check_shared, require_hub
from recyclegan.errors import RunFailed, UserError


def check_repo(name: str) -> None:
    """Pass if a model on the Hub can have this name, and what pushes is installed.

    Raises:
        UserError: it cannot, or the extra is missing.
    """
    if not re.fullmatch(REPO, name):
        raise UserError(f"--push {name}: owner/name is wanted, as the Hub calls models.")
    require_hub("--push")


def push(folder: Path, name: str, *, private: bool = False) -> str:
    """Upload what a shared folder consists of, and nothing else; return its address on the Hub.

    Raises:
        UserError: the folder is no shared model, or there is no right to write there.
        RunFailed: the Hub cannot be reached; the folder is as it was.
    """
    check_repo(name)
    check_shared(folder)
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    api = HfApi()
    try:
        api.create_repo(name, repo_type="model", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=name,
            folder_path=folder,
            allow_patterns=list(SHARED),
            commit_message="Share a translator",
        )
    except LocalTokenNotFoundError:
        raise UserError(
            f"--push {name} needs a login; run `hf auth login`, or set HF_TOKEN."
        ) from None
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else None
        if status in (401, 403):
            raise UserError(
                f"--push {name}: the Hub refuses to write there ({status}); run `hf auth login` "
                "with a token that may, or choose a name of yours."
            ) from None
        raise _failed(name, folder, f"answered {status}") from None
    except Exception as error:  # Of the network, or of the disk.
        raise _failed(name, folder, f"cannot be reached, {type(error).__name__}") from None
    return f"hub://{name}"


def _failed(name: str, folder: Path, reason: str) -> RunFailed:
    return RunFailed(
        f"--push {name}: the Hub {reason}; {folder} is whole, push it again later with --overwrite."
    )
