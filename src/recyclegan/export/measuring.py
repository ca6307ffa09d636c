"""What an exported file computes, beside torch: differences, loss and time."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recyclegan.errors import RunFailed
from recyclegan.export.any_size import PICTURE, SMALLEST_STAGE
from recyclegan.networks.resnet_generator import ResNetGenerator

GREY = 127.5
"""Grey levels in a unit of a picture in [-1, 1]."""

Pictures = NDArray[np.float32]

SIZES = ((1, 64, 64), (2, 96, 160), (1, 101, 67))
"""Pictures, height and width at which every exported file is compared with torch."""

RUNS = 3

SMALLEST_ERROR = 1e-12
"""Mean squared error from which on two results count as the same."""


@dataclass(frozen=True)
class Difference:
    """The greatest difference from torch at a size, in grey levels."""

    size: tuple[int, int, int]
    grey_levels: float


@dataclass(frozen=True)
class Loss:
    """What a file loses against torch on pictures, and its time for one."""

    psnr: float
    grey_levels: float
    milliseconds: float


def open_session(model: Path | bytes) -> Any:
    """Return onnxruntime's session of a model, on the processor and as many threads as torch has.

    Raises:
        RunFailed: onnxruntime does not take it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    given = model if isinstance(model, bytes) else str(model)
    try:
        return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        line = str(error).splitlines()[0]
        raise RunFailed(f"onnxruntime does not take what was exported ({line}).") from None


def run(session: Any, pictures: Pictures) -> Pictures:
    """Return what a session makes of pictures (N,3,H,W) in [-1, 1]."""
    return session.run(None, {PICTURE: pictures})[0]


def by_torch(generator: ResNetGenerator, pictures: Pictures) -> Pictures:
    """Return what the generator itself makes of pictures (N,3,H,W) of any size in [-1, 1]."""
    multiple = generator.size_multiple
    height, width = pictures.shape[2:]
    lacks = (_lack(side, multiple) for side in (height, width))
    padded = np.pad(pictures, ((0, 0), (0, 0), *((0, lack) for lack in lacks)), mode="reflect")
    with torch.inference_mode():
        made = generator(torch.from_numpy(padded))
    return made[:, :, :height, :width].numpy()


def differences(generator: ResNetGenerator, session: Any) -> tuple[Difference, ...]:
    """Return the greatest difference from torch at each of `SIZES`, on smooth noise."""
    return tuple(
        Difference(size, _greatest(run(session, probe), by_torch(generator, probe)))
        for size in SIZES
        for probe in [_probe(size)]
    )


def loss(generator: ResNetGenerator, session: Any, pictures: Sequence[Pictures]) -> Loss:
    """Return what is lost on pictures, (1,3,H,W) each, and the median time of one.

    PSNR is of the mean squared error over all pictures; 255 grey levels are its peak. At most 126
    dB are told: what is beyond is float32's own rounding.
    """
    squares, greatest, times = [], 0.0, []
    for picture in pictures:
        run(session, picture)
        for _ in range(RUNS):
            begin = perf_counter()
            made = run(session, picture)
            times.append(perf_counter() - begin)
        wanted = by_torch(generator, picture)
        squares.append(float(np.mean((made - wanted).astype(np.float64) ** 2)))
        greatest = max(greatest, _greatest(made, wanted))
    error = max(statistics.mean(squares), SMALLEST_ERROR)
    return Loss(10 * np.log10(4 / error), greatest, statistics.median(times) * 1000)


def _lack(side: int, multiple: int) -> int:
    return max(SMALLEST_STAGE * multiple, -(-side // multiple) * multiple) - side


def _greatest(made: Pictures, wanted: Pictures) -> float:
    difference = float(np.abs(made - wanted).max()) * GREY
    return difference if np.isfinite(difference) else float("inf")


def _probe(size: tuple[int, int, int]) -> Pictures:
    """Return something between a picture and noise, the same at each call."""
    num, height, width = size
    random = torch.Generator().manual_seed(height)
    coarse = torch.rand(num, 3, 6, 6, generator=random) * 2 - 1
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")
    noise = torch.randn(smooth.shape, generator=random) * 0.1
    return (smooth + noise).clamp(-1, 1).numpy()
