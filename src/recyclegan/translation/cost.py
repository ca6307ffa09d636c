"""What a translation costs: parameters, multiply-adds and seconds a picture."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch

from recyclegan.config import GeneratorConfig
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.size import num_multiply_adds, num_parameters

PARAMETERS, MULTIPLY_ADDS, SECONDS = "parameters", "multiply_adds", "seconds_per_image"
COSTS = (PARAMETERS, MULTIPLY_ADDS, SECONDS)
COST_FIELDS = (*COSTS, "cost_of", "device")
"""What `translation.json` says of it."""


def generator_cost(config: GeneratorConfig, size: tuple[int, int]) -> dict[str, int]:
    """Return parameters and multiply-adds of a generator for a picture of (width, height).

    The picture is counted at the next size that the generator takes; nothing is computed.
    """
    with torch.device("meta"):
        generator = ResNetGenerator(**asdict(config))
    multiple = generator.size_multiple
    width, height = (-(-side // multiple) * multiple for side in size)
    return {
        PARAMETERS: num_parameters(generator),
        MULTIPLY_ADDS: num_multiply_adds(generator, height, width),
    }


def translation_cost(
    network: Mapping[str, int], size: tuple[int, int], seconds: Sequence[float]
) -> dict[str, Any]:
    """Return what a folder's translation cost, with how it was found out.

    Args:
        network: its parameters and multiply-adds.
        size: (width, height) of the picture that multiply-adds are counted for.
        seconds: time of each picture from pixels to pixels; the median counts, so that neither
            the first, slow one nor a pause matters.
    """
    return {
        **network,
        SECONDS: statistics.median(seconds),
        "cost_of": "a picture of {}x{}".format(*size),
        "device": f"cpu, {torch.get_num_threads()} threads",
    }
