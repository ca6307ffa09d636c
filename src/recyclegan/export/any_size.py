"""Padding and cropping inside of a graph, so that it takes pictures of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto

SMALLEST_STAGE = 4
"""Pixels a side that a picture is padded to at the lowest resolution, at least: as in translate."""

PICTURE, PADDED, TRANSLATED, RESULT = "picture", "padded", "translated", "result"

ROWS, COLUMNS = 2, 3


def take_any_size(core: ModelProto, multiple: int) -> ModelProto:
    """Return a graph `picture` (N,3,H,W) to `result`, the same, from one for multiples of a side.

    Pictures are mirrored at their right and lower border, as often as it takes, and what they were
    mirrored to is cut off: the same as `recyclegan translate` does.
    """
    from onnx import TensorProto, helper, parser

    before = parser.parse_graph(
        f"before (float[N,3,H,W] {PICTURE}) => (float[N,3,PH,PW] {PADDED}) {{\n"
        "zero = Constant<value = int64 {0}>()\n"
        "one = Constant<value = int64 {1}>()\n"
        f"{_mirrored(PICTURE, 'taller', ROWS, multiple)}"
        f"{_mirrored('taller', PADDED, COLUMNS, multiple)}}}"
    )
    after = parser.parse_graph(
        f"after (float[N,3,PH,PW] {TRANSLATED}, float[N,3,H,W] {PICTURE}) "
        f"=> (float[N,3,H,W] {RESULT}) {{\n"
        "origin = Constant<value = int64[2] {0, 0}>()\n"
        f"axes = Constant<value = int64[2] {{{ROWS}, {COLUMNS}}}>()\n"
        f"size = Shape<start = {ROWS}, end = {COLUMNS + 1}>({PICTURE})\n"
        f"{RESULT} = Slice({TRANSLATED}, origin, size, axes)}}"
    )
    # Their names stay apart from those inside.
    inside = {PADDED, TRANSLATED}
    for node in core.graph.node:
        node.input[:] = [name if name in inside or not name else f"g.{name}" for name in node.input]
        node.output[:] = [name if name in inside else f"g.{name}" for name in node.output]
    for values in core.graph.initializer:
        values.name = f"g.{values.name}"
    free: list[str | int | None] = ["batch", 3, "height", "width"]
    graph = helper.make_graph(
        [*before.node, *core.graph.node, *after.node],
        "generator",
        [helper.make_tensor_value_info(PICTURE, TensorProto.FLOAT, free)],
        [helper.make_tensor_value_info(RESULT, TensorProto.FLOAT, free)],
        core.graph.initializer,
    )
    return helper.make_model(
        graph, opset_imports=core.opset_import, ir_version=min(core.ir_version, 10)
    )


def _mirrored(given: str, made: str, axis: int, multiple: int) -> str:
    """Return the nodes that mirror an axis of n places.

    Place i holds what (n - 1) - |(n - 1) - (i mod 2(n - 1))| held; a single place is all of them.
    """
    a, least = axis, SMALLEST_STAGE * multiple
    lines = (
        f"shape{a} = Shape<start = {axis}, end = {axis + 1}>({given})",
        f"side{a} = Squeeze(shape{a})",
        f"multiple{a} = Constant<value = int64 {{{multiple}}}>()",
        f"least{a} = Constant<value = int64 {{{least}}}>()",
        f"last{a} = Sub(side{a}, one)",
        f"more{a} = Add(last{a}, multiple{a})",
        f"times{a} = Div(more{a}, multiple{a})",
        f"enough{a} = Mul(times{a}, multiple{a})",
        f"goal{a} = Max(enough{a}, least{a})",
        f"places{a} = Range(zero, goal{a}, one)",
        f"twice{a} = Add(last{a}, last{a})",
        f"period{a} = Max(twice{a}, one)",
        f"within{a} = Mod(places{a}, period{a})",
        f"signed{a} = Sub(last{a}, within{a})",
        f"away{a} = Abs(signed{a})",
        f"source{a} = Sub(last{a}, away{a})",
        f"{made} = Gather<axis = {axis}>({given}, source{a})",
    )
    return "\n".join(lines) + "\n"
