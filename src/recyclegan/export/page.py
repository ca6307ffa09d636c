"""A folder that is a page: it translates in the browser, and sends no picture anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from recyclegan.data.complete_folder import complete_folder
from recyclegan.export.exporting import Exported, export_file
from recyclegan.export.measuring import by_torch
from recyclegan.export.model import Model
from recyclegan.export.pictures import as_batches
from recyclegan.export.precision import Precision
from recyclegan.export.runtime import WASM, WEBGPU, Runtime, copy_runtime
from recyclegan.images.tensors import to_image

FOLDER = Path(__file__).parent
LICENCE = "onnxruntime-web.LICENSE.txt"
OWN = ("page.css", "page.js", "camera.js", "worker.js", LICENCE)
MARKER = "model.json"

NUM_SAMPLES = 4
CHECK_SIDE = 64
"""Pixels a side of the picture by which the page checks the browser's arithmetic."""


@dataclass(frozen=True)
class Written:
    """A page that was written."""

    files: tuple[Exported, ...]
    runtime: str
    num_files: int
    num_bytes: int


def write_page(
    directions: Sequence[Model],
    out: Path,
    precision: Precision,
    samples: Mapping[str, Sequence[Image.Image]],
    runtime: Runtime,
    *,
    overwrite: bool,
) -> Written:
    """Write a page with each direction of a model, its samples and the runtime.

    Raises:
        UserError: the folder is in use.
        RunFailed: a direction differs too much from torch; nothing is written.
    """
    parts = {*OWN, "index.html", *WASM, *WEBGPU}
    parts |= {f"{code}.gz.bin" for _, code in (WASM, WEBGPU)}
    parts |= {f"{way}.onnx" for way in ("a2b", "b2a")}
    for way in ("a2b", "b2a"):
        parts |= {f"sample-{way}-{index}.jpg" for index in range(NUM_SAMPLES)}
        parts |= {f"check-in-{way}.png", f"check-out-{way}.png"}
    exported = []
    with complete_folder(out, marker=MARKER, parts=parts, overwrite=overwrite) as root:
        for model in directions:
            own = list(samples[model.direction])[:NUM_SAMPLES]
            file = root / f"{model.direction}.onnx"
            exported.append(export_file(model, file, precision, as_batches(own)))
            for index, picture in enumerate(own):
                picture.save(root / f"sample-{model.direction}-{index}.jpg", quality=92)
            _write_check(model, own[0], root)
        copy_runtime(runtime, root)
        for name in OWN:
            (root / name).write_bytes((FOLDER / name).read_bytes())
        first = directions[0]
        content = {
            "variant": first.info.variant,
            "runtime": runtime.version,
            "directions": [
                {
                    "name": model.direction,
                    "source": model.kinds[0],
                    "target": model.kinds[1],
                    "samples": min(NUM_SAMPLES, len(samples[model.direction])),
                    "bytes": one.num_bytes,
                }
                for model, one in zip(directions, exported, strict=True)
            ],
        }
        (root / MARKER).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        environment = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
        )
        page = environment.get_template("page.html.jinja").render(model=content)
        (root / "index.html").write_text(page, "utf-8")
        sizes = [path.stat().st_size for path in root.iterdir()]
    return Written(tuple(exported), runtime.version, len(sizes), sum(sizes))


def _write_check(model: Model, picture: Image.Image, root: Path) -> None:
    """Write a small picture and what torch makes of it."""
    small = picture.resize((CHECK_SIDE, CHECK_SIDE), Image.Resampling.BICUBIC)
    made = torch.from_numpy(by_torch(model.generator, as_batches([small])[0]))[0]
    small.save(root / f"check-in-{model.direction}.png")
    to_image(made).save(root / f"check-out-{model.direction}.png")
