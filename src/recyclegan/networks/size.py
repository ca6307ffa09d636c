"""How large a network is."""

from __future__ import annotations

from torch import nn


def num_parameters(network: nn.Module) -> int:
    """Return the number of trainable values in a network."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
