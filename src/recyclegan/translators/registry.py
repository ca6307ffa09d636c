"""Every translator by the name that a configuration gives it."""

from __future__ import annotations

from recyclegan.config import Config
from recyclegan.translators.cut import CUT
from recyclegan.translators.cyclegan import CycleGAN
from recyclegan.translators.translator import Translator

TRANSLATORS: dict[str, type[Translator]] = {"cyclegan": CycleGAN, "cut": CUT}


def make_translator(config: Config) -> Translator:
    """Return the translator of a configuration, its weights drawn from torch's generator.

    Raises:
        UserError: a loss is asked for that it has not, or weights of one cannot be had.
    """
    return TRANSLATORS[config.translator](config)
