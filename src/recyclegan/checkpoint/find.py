"""From any path that a person may give for a model to its generators file."""

from __future__ import annotations

from pathlib import Path

from recyclegan.checkpoint.hub import fetch, is_address
from recyclegan.checkpoint.pointer import pointed
from recyclegan.checkpoint.store import GENERATORS
from recyclegan.errors import UserError


def find_generators(model: Path) -> Path:
    """Return the generators file of a run, of a checkpoint or shared folder, or the file itself.

    Of a run it is the best checkpoint's, else the last one's. An address (hub://owner/name) is
    fetched.

    Raises:
        UserError: there is nothing there, or nothing that holds generators.
        RunFailed: the Hub cannot be reached.
    """
    if is_address(model):
        model = fetch(model)
    if not model.exists() and not model.is_symlink():
        raise UserError(
            f"There is no model at {model}; give a run folder or a generators.safetensors."
        )
    if model.is_file() and model.suffix == ".safetensors":
        return model
    if model.name in ("best", "last") and (name := pointed(model)):
        model = model.parent / name
    for folder in (model, *_checkpoints(model)):
        if (folder / GENERATORS).is_file():
            return folder / GENERATORS
    if (model / "config.json").is_file():
        raise UserError(f"{model} has no checkpoint yet; wait for its first, or resume it.")
    raise UserError(
        f"{model} holds no generators; give a run folder, a checkpoint folder or a "
        "generators.safetensors written by `recyclegan train`."
    )


def _checkpoints(run: Path) -> list[Path]:
    names = [pointed(run / "checkpoints" / link) for link in ("best", "last")]
    return [run / "checkpoints" / name for name in names if name]
