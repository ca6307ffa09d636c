"""Writing a model's direction as an ONNX file that has been compared with torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recyclegan.errors import RunFailed, UserError
from recyclegan.export.any_size import take_any_size
from recyclegan.export.graph import generator_graph
from recyclegan.export.measuring import (
    Difference,
    Loss,
    Pictures,
    differences,
    loss,
    open_session,
)
from recyclegan.export.model import Model
from recyclegan.export.precision import Precision, with_bytes, with_half_weights

if TYPE_CHECKING:
    from onnx import ModelProto

GREATEST = {"fp32": 1.0, "fp16": 4.0}
"""Grey levels beyond which a file is not what the model computes, and is not kept."""

LEAST_PSNR = 20.0
"""The same in dB, on pictures, for 8 bits, whose greatest difference says little."""


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how it compares with torch."""

    path: Path
    model: Model
    precision: Precision
    num_bytes: int
    differences: tuple[Difference, ...]
    loss: Loss
    fp32: Loss
    fp32_bytes: int


def check_file(out: Path, *, overwrite: bool) -> None:
    """Refuse a place for a file that is taken.

    Raises:
        UserError: names the place and the way out.
    """
    if out.suffix != ".onnx" or out.is_dir():
        raise UserError(f"{out} is no name for the file; give one that ends in .onnx, or --web.")
    if out.exists() and not overwrite:
        raise UserError(f"{out} is there already; name another place, or give --overwrite.")


def whole_graph(model: Model) -> ModelProto:
    """Return a direction in float32, for any number of pictures of any size."""
    multiple = model.generator.size_multiple
    return described(take_any_size(generator_graph(model.generator), multiple), model, "fp32")


def export_file(
    model: Model,
    out: Path,
    precision: Precision,
    pictures: Sequence[Pictures],
    calibration: Sequence[Pictures] = (),
    graph: ModelProto | None = None,
) -> Exported:
    """Write a direction to `out`, once it has been read back and compared with torch.

    Args:
        model: what is exported.
        out: the file; one that is there is replaced.
        precision: of the weights, and for int8 of the arithmetic too.
        pictures: (1,3,H,W) in [-1, 1], on which loss and time are measured.
        calibration: the same, from which int8 takes its scales.
        graph: what `whole_graph` made of the model, where that is at hand.

    Raises:
        RunFailed: the file differs too much from torch; it is not kept.
    """
    graph = graph or whole_graph(model)
    plain = open_session(graph.SerializeToString())
    lowered = described(_lowered(graph, precision, calibration), model, precision)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.writing")
    try:
        temporary.write_bytes(lowered.SerializeToString())
        session = open_session(temporary)
        found = differences(model.generator, session)
        lost = loss(model.generator, session, pictures)
        _require_close(found, lost, precision)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    fp32 = lost if precision == "fp32" else loss(model.generator, plain, pictures)
    sizes = out.stat().st_size, graph.ByteSize()
    return Exported(out, model, precision, sizes[0], found, lost, fp32, sizes[1])


def described(graph: ModelProto, model: Model, precision: str) -> ModelProto:
    """Return the graph with what it says of itself."""
    from onnx import helper

    metadata: Mapping[str, str] = model.metadata(precision)
    del graph.metadata_props[:]
    helper.set_model_props(graph, dict(metadata))
    graph.producer_name = "recyclegan"
    graph.doc_string = f"{' → '.join(model.kinds)} by {model.info.variant}"
    return graph


def _lowered(
    graph: ModelProto, precision: Precision, calibration: Sequence[Pictures]
) -> ModelProto:
    if precision == "fp16":
        return with_half_weights(graph)
    return with_bytes(graph, calibration) if precision == "int8" else graph


def _require_close(found: Sequence[Difference], lost: Loss, precision: Precision) -> None:
    if precision == "int8":
        if not lost.psnr >= LEAST_PSNR:
            raise RunFailed(
                f"In 8 bits the translations have {lost.psnr:.1f} dB to torch's, under "
                f"{LEAST_PSNR:g}, and the file was not kept; take --precision fp16."
            )
        return
    worst = max(found, key=lambda one: one.grey_levels)
    if worst.grey_levels > GREATEST[precision]:
        num, height, width = worst.size
        raise RunFailed(
            f"The file differs from torch by {worst.grey_levels:.1f} grey levels ({num} pictures "
            f"of {width}x{height}), more than {GREATEST[precision]:g}, and was not kept; "
            + ("take --precision fp32." if precision == "fp16" else "try another version of torch.")
        )
