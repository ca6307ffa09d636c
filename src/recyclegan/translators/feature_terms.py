"""Terms of the generators' loss that compare pictures by a pretrained network's maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from recyclegan.config import LossConfig
from recyclegan.losses.perceptual import content_distance, perceptual_distance
from recyclegan.networks.named_layers import load_layers
from recyclegan.networks.weights import Unavailable

Distance = Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor]


class FeatureTerm(nn.Module):
    """A distance of two pictures at some layers of a pretrained network."""

    def __init__(self, network: str, layers: Sequence[str], distance: Distance) -> None:
        super().__init__()
        self.layers = load_layers(network, layers)
        self.distance = distance

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """Return the distance, a scalar, of pictures (N,3,H,W) to real ones without gradient."""
        with torch.no_grad():
            wanted = self.layers(real)
        return self.distance(self.layers(made), wanted)


def feature_terms(losses: LossConfig) -> nn.ModuleDict:
    """Return the terms that have a weight: `perceptual_cycle` and `content`.

    Raises:
        UserError: the network or a layer is unknown, or the weights cannot be had.
    """
    network = losses.perceptual_network
    wanted: dict[str, tuple[float, Sequence[str], Distance]] = {
        "perceptual_cycle": (
            losses.perceptual_cycle,
            losses.perceptual_cycle_layers,
            perceptual_distance,
        ),
        "content": (losses.content, losses.content_layers, content_distance),
    }
    try:
        return nn.ModuleDict(
            {
                name: FeatureTerm(network, layers, distance)
                for name, (weight, layers, distance) in wanted.items()
                if weight
            }
        )
    except Unavailable as error:
        raise error.otherwise(
            "name another network with --losses.perceptual-network and its layers"
        ) from None
