"""From a generator to a graph in ONNX's operators, for any number of pictures of any size."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recyclegan.networks.attention import make_differentiable_twice
from recyclegan.networks.convolution import FewChannelsConv2d, MirroredConv2d
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.resnet_generator import ResNetGenerator

if TYPE_CHECKING:
    from onnx import ModelProto

EXAMPLE = (2, 9, 10)
"""Pictures, and multiples of a side; free sizes are told apart by being unlike."""


class _Norm(nn.Module):
    """The norm as the one operator that ONNX has for it."""

    def __init__(self, norm: InstanceNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)


class _Convolution(nn.Module):
    """One convolution for few channels, where torch has a faster way of its own."""

    def __init__(self, convolution: FewChannelsConv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        return MirroredConv2d.forward(self.convolution, x)


def plain(generator: ResNetGenerator) -> ResNetGenerator:
    """Return a copy that computes the same (N,3,H,W) in operators that every runtime has."""
    copy = deepcopy(generator).eval().requires_grad_(False)
    make_differentiable_twice(copy)  # Attention written out, as products and a softmax.
    for module in list(copy.modules()):
        for name, child in module.named_children():
            if isinstance(child, InstanceNorm):
                setattr(module, name, _Norm(child))
            elif isinstance(child, FewChannelsConv2d):
                setattr(module, name, _Convolution(child))
    return copy


def generator_graph(generator: ResNetGenerator) -> ModelProto:
    """Return the graph of a generator: `padded` (N,3,H,W) in [-1, 1] to `translated`, the same.

    N is free, H and W are free multiples of the generator's `size_multiple`.
    """
    multiple = generator.size_multiple
    num, rows, columns = EXAMPLE
    example = torch.zeros(num, 3, rows * multiple, columns * multiple)
    free = {
        0: torch.export.Dim("batch"),
        2: multiple * torch.export.Dim("rows"),
        3: multiple * torch.export.Dim("columns"),
    }
    with warnings.catch_warnings(action="ignore"):  # Of torch, about itself.
        program = torch.onnx.export(
            plain(generator),
            (example,),
            dynamo=True,
            dynamic_shapes=(free,),
            input_names=["padded"],
            output_names=["translated"],
            verbose=False,
        )
    assert program is not None
    return program.model_proto
