"""How large a network is, and how much it computes."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def num_parameters(network: nn.Module) -> int:
    """Return the number of trainable values in a network."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def num_multiply_adds(network: nn.Module, height: int, width: int) -> int:
    """Return the multiplications, each with its addition, in a pass of one picture (1,3,H,W).

    Those of convolutions and matrix products alone, half of torch's count of operations; what is
    done once a value (normalisation, padding, activation) is left out, as is usual. The network
    may be on the "meta" device, where nothing is computed.
    """
    device = next(network.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 3, height, width, device=device))
    return counter.get_total_flops() // 2
