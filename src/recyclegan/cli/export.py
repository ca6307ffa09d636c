"""`recyclegan export`: a model as an ONNX file, or as a page that runs it in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

    from recyclegan.export.exporting import Exported
    from recyclegan.export.model import Model

NUM_SCENES = 4
LARGE = 15_000_000
"""Bytes of a page beyond which it is slow to open on a phone."""


@dataclass(frozen=True)
class ExportArguments:
    """Write a model as an ONNX file, or as a page that translates in the browser.

    The file takes any number of pictures of any size. It is read back and compared with torch
    before it gets its name, and is not kept where it differs.
    """

    model: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MODEL")]
    """A run directory, a checkpoint folder, a generators.safetensors or an adapter.safetensors."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The file to write, OUT.onnx; with --web the folder of the page."""
    direction: Annotated[Literal["a2b", "b2a"] | None, tyro.conf.arg(metavar="a2b|b2a")] = None
    """Which way; may be left out where the model has one. A page has all that the model has."""
    web: bool = False
    """Write a page that runs in the browser, from any place that serves files; pictures stay on
    the machine that looks at it."""
    precision: Literal["fp32", "fp16", "int8"] | None = None
    """`fp32`; `fp16`: weights in half the bytes, computed in float32; `int8`: convolutions of 8-bit
    numbers, which needs --calibrate. What each loses is measured and said. fp32 where nothing is
    said, and fp16 for a page."""
    calibrate: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of pictures of the kind to be translated, from which int8 takes its scales."""
    pictures: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of pictures on which loss and time are measured, and with --web samples for the page;
    street scenes where none is given."""
    runtime: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """With --web: a folder with onnxruntime-web's files (its `dist`); npm gets them else."""
    base: Path | None = None
    """Of an adapter: the model that was adapted, where it is no longer at its place of then."""
    overwrite: bool = False
    """Replace what is at OUT."""


def main(args: Sequence[str]) -> int:
    """Export; return the exit status."""
    given = parse(ExportArguments, args, "export")
    _refuse_impossible(given)
    from rich.console import Console

    from recyclegan.export.model import choose_direction, read_directions, require_packages

    console = Console(highlight=False, soft_wrap=True)
    require_packages()
    directions = read_directions(given.model, str(given.base) if given.base else None)
    if given.web:
        return _page(given, directions, console)
    model = choose_direction(directions, given.direction)
    from recyclegan.export.exporting import check_file, export_file
    from recyclegan.export.pictures import as_batches, from_folder

    check_file(given.out, overwrite=given.overwrite)
    calibration = from_folder(given.calibrate, "--calibrate") if given.calibrate else []
    shown = _pictures(given, model, console)
    precision = given.precision or "fp32"
    exported = export_file(model, given.out, precision, as_batches(shown), as_batches(calibration))
    _print(exported, given.out, console)
    return 0


def _refuse_impossible(given: ExportArguments) -> None:
    if given.web and given.precision == "int8":
        raise UserError("A page takes --precision fp16 or fp32; int8 is for files.")
    if given.precision == "int8" and given.calibrate is None:
        raise UserError(
            "--precision int8 takes its scales from pictures; name a folder of the kind to be "
            "translated with --calibrate."
        )
    if given.calibrate is not None and given.precision != "int8":
        raise UserError("--calibrate is for --precision int8 alone; leave it out, or add that.")
    if given.web and given.direction:
        raise UserError("A page has every direction of its model; leave --direction out.")
    if given.runtime is not None and not given.web:
        raise UserError("--runtime is for --web alone; leave it out, or add that.")


def _pictures(given: ExportArguments, model: Model, console: Console) -> list[Image]:
    from recyclegan.export.pictures import are_of_scenes, from_folder, scenes

    if given.pictures:
        return from_folder(given.pictures, "--pictures")
    if not are_of_scenes(model.kinds):
        console.print(
            f"Measured on street scenes, which may not be {model.kinds[0]}: "
            "--pictures DIR takes yours.",
            style="yellow",
            markup=False,
        )
    return scenes(model.kinds[0], NUM_SCENES)


def _page(given: ExportArguments, directions: tuple[Model, ...], console: Console) -> int:
    from recyclegan.export.page import write_page
    from recyclegan.export.runtime import find_runtime

    samples = {model.direction: _pictures(given, model, console) for model in directions}
    with find_runtime(given.runtime) as runtime:
        written = write_page(
            directions,
            given.out,
            given.precision or "fp16",
            samples,
            runtime,
            overwrite=given.overwrite,
        )
    for exported in written.files:
        _print(exported, given.out / exported.path.name, console)
    if written.num_bytes > LARGE:
        console.print(
            f"Large for a page: a visitor waits for {written.num_bytes / 1e6 / 2:.0f} MB or more; "
            "a smaller variant, or fp16, loads faster.",
            markup=False,
        )
    console.print(
        f"{given.out}: {written.num_bytes / 1e6:.1f} MB in {written.num_files} files, "
        f"onnxruntime-web {written.runtime}.\n"
        f"Look at it: python -m http.server --directory {given.out}, then "
        "http://localhost:8000\nPublish it: put the folder where files are served.",
        markup=False,
    )
    return 0


def _print(exported: Exported, path: Path, console: Console) -> None:
    from rich.table import Table

    model = exported.model
    console.print(
        f"{' → '.join(model.kinds)} with {model.info.variant} (step {model.info.step:,}), "
        f"{exported.precision}: {path}",
        markup=False,
    )
    sizes = Table("pictures", "size", "greatest difference from torch, grey levels", box=None)
    for one in exported.differences:
        num, height, width = one.size
        sizes.add_row(str(num), f"{width}x{height}", f"{one.grey_levels:.4f}")
    console.print(sizes)
    table = Table("", "MB", "ms a picture", "PSNR to torch, dB", "greatest, grey levels", box=None)
    rows = {"fp32": (exported.fp32_bytes, exported.fp32)}
    rows[exported.precision] = (exported.num_bytes, exported.loss)
    for name, (num_bytes, lost) in rows.items():
        table.add_row(
            name,
            f"{num_bytes / 1e6:.2f}",
            f"{lost.milliseconds:.0f}",
            f"{lost.psnr:.1f}",
            f"{lost.grey_levels:.2f}",
        )
    console.print(table)
