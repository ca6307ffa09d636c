"""How much the networks of a configuration learn."""

from __future__ import annotations

from dataclasses import asdict

import torch

from recyclegan.config import Config
from recyclegan.networks.multi_scale import make_discriminator
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.size import num_parameters


def count_parameters(config: Config) -> dict[str, int]:
    """Return how many numbers one generator and one discriminator learn; none is allocated."""
    with torch.device("meta"):
        generator = ResNetGenerator(**asdict(config.generator))
        discriminator = make_discriminator(**asdict(config.discriminator))
    return {
        "generator_parameters": num_parameters(generator),
        "discriminator_parameters": num_parameters(discriminator),
    }
