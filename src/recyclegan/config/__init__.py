"""What a training is made of, as frozen values; their defaults live in the baseline variant."""

from recyclegan.config.networks import DiscriminatorConfig, GeneratorConfig
from recyclegan.config.schema import Config, ImageConfig, LossConfig, OptimizerConfig, TrainConfig

__all__ = [
    "Config",
    "DiscriminatorConfig",
    "GeneratorConfig",
    "ImageConfig",
    "LossConfig",
    "OptimizerConfig",
    "TrainConfig",
]
