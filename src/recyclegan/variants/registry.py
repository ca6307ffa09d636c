"""Every variant by its name."""

from __future__ import annotations

import difflib

from recyclegan.config import Config
from recyclegan.errors import UserError
from recyclegan.variants.cut import CUT, CUT_SMALL, FASTCUT
from recyclegan.variants.perceptual import PERCEPTUAL
from recyclegan.variants.recyclegan import RECYCLEGAN
from recyclegan.variants.study import CASES, CYCLEGAN

VARIANTS: dict[str, Config] = {
    config.variant: config
    for config in (CYCLEGAN, *CASES, RECYCLEGAN, *PERCEPTUAL, CUT, FASTCUT, CUT_SMALL)
}


def get_variant(name: str) -> Config:
    """Return the configuration of a variant.

    Raises:
        UserError: no variant has that name; the nearest names are said.
    """
    if name in VARIANTS:
        return VARIANTS[name]
    near = difflib.get_close_matches(name, VARIANTS, n=1)
    hint = f"did you mean {near[0]}?" if near else "`recyclegan variants` lists them."
    raise UserError(f"There is no variant {name!r}; {hint}")


def list_variants() -> list[str]:
    """Return the names of all variants."""
    return list(VARIANTS)
