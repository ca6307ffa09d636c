"""A shared model, from a folder or from the Hub, as a translator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recyclegan.checkpoint.hub import check_shared, fetch, is_address
from recyclegan.translation.protocol import Translator
from recyclegan.translation.translator import load_translator


def from_pretrained(place: str | Path, direction: str = "a2b", **options: Any) -> Translator:
    """Return the translator of a shared folder or of a model on the Hub, its hash checked.

    Args:
        place: a folder that `recyclegan share` or `save_pretrained` wrote, owner/name or
            hub://owner/name, also with @revision. A folder that is there goes before the Hub.
        direction: "a2b" or "b2a".
        options: those of `load_translator`.

    Raises:
        UserError: no such model, or its tensors are not those that its config.json names.
        RunFailed: the Hub cannot be reached and the model was never fetched.
    """
    if is_address(place) or not Path(place).exists():
        folder = fetch(place if is_address(place) else f"hub://{place}")
    else:
        folder = Path(place)
        check_shared(folder)
    return load_translator(folder, direction, **options)
