"""Start values of convolution weights."""

from __future__ import annotations

from torch import nn

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def initialise(network: nn.Module, kind: str) -> None:
    """Set a network's weights to their start values, in place.

    `normal` draws weights from N(0, 0.02) and sets biases to zero (Zhu et al. 2017, appendix 7.1);
    `default` keeps what the framework drew. Parts with a start of their own keep it either way.
    """
    if kind == "normal":
        for module in network.modules():
            if isinstance(module, CONVOLUTIONS):
                nn.init.normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    for module in network.modules():
        if hasattr(module, "reset_to_start"):
            module.reset_to_start()  # type: ignore[operator]
