"""ReCycleGAN: turn pictures of one kind into another from two unpaired folders.

    from recyclegan import load_translator
    night = load_translator("runs/mine", direction="a2b")(day)

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recyclegan.comparison.comparing import compare
    from recyclegan.evaluation.evaluating import evaluate
    from recyclegan.sharing.folder import save_pretrained
    from recyclegan.training.start import resume, train
    from recyclegan.translation.folder import translate_path as translate
    from recyclegan.translation.pretrained import from_pretrained
    from recyclegan.translation.translator import load_translator
    from recyclegan.variants.registry import get_variant, list_variants

__all__ = [
    "compare",
    "evaluate",
    "from_pretrained",
    "get_variant",
    "list_variants",
    "load_translator",
    "resume",
    "save_pretrained",
    "train",
    "translate",
]

_PLACES = {
    "compare": ("recyclegan.comparison.comparing", "compare"),
    "evaluate": ("recyclegan.evaluation.evaluating", "evaluate"),
    "from_pretrained": ("recyclegan.translation.pretrained", "from_pretrained"),
    "get_variant": ("recyclegan.variants.registry", "get_variant"),
    "list_variants": ("recyclegan.variants.registry", "list_variants"),
    "load_translator": ("recyclegan.translation.translator", "load_translator"),
    "resume": ("recyclegan.training.start", "resume"),
    "save_pretrained": ("recyclegan.sharing.folder", "save_pretrained"),
    "train": ("recyclegan.training.start", "train"),
    "translate": ("recyclegan.translation.folder", "translate_path"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)
