"""Smaller files: weights in half precision, or convolutions of 8-bit numbers."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from recyclegan.export.any_size import PICTURE

if TYPE_CHECKING:
    from onnx import ModelProto

Precision = Literal["fp32", "fp16", "int8"]

FEW = 1024
"""Values below which a tensor stays as it is: nothing would be saved."""


def with_half_weights(model: ModelProto) -> ModelProto:
    """Return a model whose weights are stored in half precision and raised as it is loaded.

    The arithmetic stays float32, which every runtime has, and input and output too: what is lost is
    the rounding of weights alone (relative 2^-11), and the time is that of float32.
    """
    from onnx import TensorProto, helper, numpy_helper

    halved = type(model)()
    halved.CopyFrom(model)
    raising = []
    for values in halved.graph.initializer:
        array = numpy_helper.to_array(values)
        if array.dtype != np.float32 or array.size < FEW:
            continue
        stored = f"{values.name}.half"
        raising.append(helper.make_node("Cast", [stored], [values.name], to=TensorProto.FLOAT))
        values.CopyFrom(numpy_helper.from_array(array.astype(np.float16), stored))
    nodes = [*raising, *halved.graph.node]
    del halved.graph.node[:]
    halved.graph.node.extend(nodes)
    return halved


def with_bytes(model: ModelProto, pictures: Sequence[NDArray[np.float32]]) -> ModelProto:
    """Return a model whose convolutions multiply 8-bit numbers, but the first and the last.

    These touch the picture itself and are small. Scales of the maps are those that `pictures`,
    (1,3,H,W) in [-1, 1], give rise to; each filter has a scale of its own.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        onnx.save(model, source)
        logger = logging.getLogger()
        before = logger.level
        logger.setLevel(logging.ERROR)
        try:
            quantize_static(
                source,
                target,
                _Reader(pictures),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=[convolutions[0], convolutions[-1]],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        finally:
            logger.setLevel(before)
        return onnx.load(target)


class _Reader:
    """The pictures in the form that onnxruntime's calibration asks for."""

    def __init__(self, pictures: Sequence[NDArray[np.float32]]) -> None:
        self.left: Iterator[NDArray[np.float32]] = iter(pictures)

    def get_next(self) -> dict[str, Any] | None:
        picture = next(self.left, None)
        return None if picture is None else {PICTURE: picture}
