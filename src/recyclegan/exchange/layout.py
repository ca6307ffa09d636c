"""Where the public CycleGAN code's ResNet generator keeps the layers of a generator here.

That code numbers all modules in the order in which a picture goes through them: paddings, norms and
activations count too, though they hold no weights. Its notation is c7s1-F, d2F, d4F, R x R4F, u2F,
uF, c7s1-3 (Zhu et al. 2017, appendix 7.2); borders are mirrored but at the downsamplings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from recyclegan.config import GeneratorConfig
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.variants.study import CYCLEGAN

FIRST_BLOCK = 10
FIRST_CONVOLUTION, SECOND_CONVOLUTION, SECOND_AFTER_DROPOUT = 1, 5, 6
"""Places of the convolutions in a residual block; a dropout between them takes one."""


@dataclass(frozen=True)
class Layer:
    """A convolution: the part of the generator it belongs to, its name there and its name here."""

    part: str
    public: str
    own: str


def layers(blocks: int, *, dropout: bool = False) -> list[Layer]:
    """Return the convolutions of a generator with so many residual blocks, first to last."""
    second = SECOND_AFTER_DROPOUT if dropout else SECOND_CONVOLUTION
    residual = [
        Layer("residual blocks", f"model.{FIRST_BLOCK + i}.conv_block.{place}", f"body.{i}.{own}")
        for i in range(blocks)
        for place, own in ((FIRST_CONVOLUTION, "change.0"), (second, "change.3"))
    ]
    after = FIRST_BLOCK + blocks
    return [
        Layer("first convolution", "model.1", "stem.0"),
        Layer("downsamplings", "model.4", "down.0.0"),
        Layer("downsamplings", "model.7", "down.1.0"),
        *residual,
        Layer("upsamplings", f"model.{after}", "up.0.0"),
        Layer("upsamplings", f"model.{after + 3}", "up.1.0"),
        Layer("last convolution", f"model.{after + 7}", "head.convolution"),
    ]


def names(all_layers: Sequence[Layer]) -> dict[str, str]:
    """Return the name of each tensor there, by its name here."""
    return {
        f"{layer.own}.{kind}": f"{layer.public}.{kind}"
        for layer in all_layers
        for kind in ("weight", "bias")
    }


def public_generator(features: int, blocks: int) -> GeneratorConfig:
    """Return the public code's generator of so many features and residual blocks."""
    values = asdict(CYCLEGAN.generator) | {"features": features, "blocks": blocks}
    # Its widths have no limit; ours reaches to where it plays no part.
    values["max_features"] = max(values["max_features"], 4 * features)
    return GeneratorConfig(**values)


def empty_tensors(config: GeneratorConfig) -> dict[str, Tensor]:
    """Return the tensors of a generator by name, with shapes alone."""
    with torch.device("meta"):
        return ResNetGenerator(**asdict(config)).state_dict()
