"""How much less does a translated video flicker, and what does it cost in likeness and time?

    .venv/bin/python benchmarks/flicker.py --models runs/a runs/b

Films rendered streets by day with a camera that stands still or pans by whole pixels, with fresh
grain in every frame, and translates them to night, which is known for each frame. The flicker of a
video is the mean absolute difference, in grey levels, between each frame and the one before it
moved by the true pan, over all pixels that both show: what changes in the result and not in the
street. Models are day-to-night ones.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from recyclegan import load_translator
from recyclegan.atomic import write_json
from recyclegan.data.scenes.scene import View
from recyclegan.images.tensors import to_tensor
from recyclegan.translation.video_steady import steadied

WIDTH, HEIGHT, STREET = 256, 192, 512
FRAMES, SCENES, GRAIN = 16, 3, 2.0
PANS = (0, 1, 3)
AMOUNTS = (0.0, 0.4, 0.6, 0.8, 0.9)
TOP, LEFT = 200, 60


@dataclass(frozen=True)
class Clip:
    """Frames (1,3,H,W) in [-1, 1] by day, their truth by night, and the pan in pixels a frame."""

    day: list[Tensor]
    night: list[Tensor]
    pan: int


def film(scene: int, pan: int) -> Clip:
    view = View(seed=11, index=scene, size=STREET)
    by_day, by_night = view.day(), view.night()
    rng = np.random.default_rng([scene, pan])
    day, night = [], []
    for number in range(FRAMES):
        left = LEFT + pan * number
        window = (slice(TOP, TOP + HEIGHT), slice(left, left + WIDTH))
        noisy = by_day[window] + rng.normal(0, GRAIN, (HEIGHT, WIDTH, 3))
        pictures = noisy.round().clip(0, 255).astype(np.uint8), by_night[window]
        for frames, picture in zip((day, night), pictures, strict=True):
            frames.append(to_tensor(Image.fromarray(picture))[None])
    return Clip(day, night, pan)


def flicker(frames: list[Tensor], pan: int) -> float:
    """Return the flicker of a video whose scene moves left by `pan` pixels a frame."""
    width = frames[0].shape[3]
    pairs = pairwise(frames)
    differences = [after[..., : width - pan] - before[..., pan:] for before, after in pairs]
    return statistics.mean(d.abs().mean().item() * 127.5 for d in differences)


def steady_all(clip: Clip, plain: list[Tensor], amount: float) -> list[Tensor]:
    state, results = None, []
    for source, translated in zip(clip.day, plain, strict=True):
        result, state = steadied(state, source, translated, amount)
        results.append(result)
    return results


def distance(ours: list[Tensor], theirs: list[Tensor]) -> float:
    pairs = zip(ours, theirs, strict=True)
    return statistics.mean((a - b).abs().mean().item() * 127.5 for a, b in pairs)


def psnr(ours: list[Tensor], truth: list[Tensor]) -> float:
    errors = [(a - b).square().mean().item() for a, b in zip(ours, truth, strict=True)]
    return statistics.mean(10 * np.log10(4 / error) for error in errors)


def detail(frames: list[Tensor]) -> float:
    """Return the mean absolute difference of neighbours, in grey levels: what blur takes away."""
    steps = [(f[..., 1:] - f[..., :-1]).abs().mean().item() * 127.5 for f in frames]
    return statistics.mean(steps)


def measure(model: Path) -> dict[str, object]:
    translator = load_translator(model, "a2b", precision="fp32")
    rows: list[dict[str, float]] = []
    for pan in PANS:
        for scene in range(SCENES):
            clip = film(scene, pan)
            plain = [to_tensor(translator(_picture(frame)))[None] for frame in clip.day]
            for amount in AMOUNTS:
                results = steady_all(clip, plain, amount) if amount else plain
                rows.append(
                    {
                        "pan": pan,
                        "scene": scene,
                        "steady": amount,
                        "flicker": flicker(results, pan),
                        "flicker_source": flicker(clip.day, pan),
                        "distance_to_plain": distance(results, plain),
                        "psnr_to_truth": psnr(results, clip.night),
                        "detail": detail(results),
                    }
                )
                print(model, rows[-1], flush=True)
    return {"variant": translator.variant, "step": translator.step, "rows": rows}


def _picture(frame: Tensor) -> Image.Image:
    pixels = ((frame[0] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0)
    return Image.fromarray(pixels.contiguous().numpy())


def seconds_of_steadying() -> float:
    """Return the median time of a frame of 1280x720 on the threads of this process."""
    rng = torch.Generator().manual_seed(0)
    frames = [torch.rand(1, 3, 720, 1280, generator=rng) * 2 - 1 for _ in range(2)]
    state, times = None, []
    for number in range(6):
        begin = perf_counter()
        _, state = steadied(state, frames[number % 2], frames[number % 2], 0.6)
        times.append(perf_counter() - begin)
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    with torch.inference_mode():
        result = {
            "size": [WIDTH, HEIGHT],
            "frames": FRAMES,
            "grain": GRAIN,
            "threads": torch.get_num_threads(),
            "seconds_of_steadying_1280x720": seconds_of_steadying(),
            "models": [measure(model) for model in given.models],
        }
    write_json(given.out, result)


if __name__ == "__main__":
    main()
