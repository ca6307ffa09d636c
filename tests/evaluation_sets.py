"""Folders of small pictures by day and by night, for tests of what measures them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

NUM = 12


def scene(seed, size=(40, 32)):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(60, 256, (5, 6, 3), dtype=np.uint8))
    return np.asarray(coarse.resize(size, Image.Resampling.BICUBIC))


def darken(pixels):
    """A change of day into night that no transfer of means and deviations can make."""
    night = pixels // 4
    night[:, : night.shape[1] // 2] = 255 - pixels[:, : night.shape[1] // 2]
    return night


def noisily(pixels):
    rng = np.random.default_rng(int(pixels.sum()))
    return np.clip(darken(pixels) + rng.normal(4, 3, pixels.shape), 0, 255).astype(np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def write_sets(root: Path, num=NUM) -> dict[str, Path]:
    """Real nights, and as many days with their good translations and true nights."""
    for folder, first, change in (
        ("real", 100, darken),
        ("source", 0, lambda pixels: pixels),
        ("fake", 0, noisily),
        ("truth", 0, darken),
    ):
        for seed in range(first, first + num):
            save(root / folder / f"{seed:03}.png", change(scene(seed)))
    return {flag: root / flag for flag in ("real", "fake", "truth", "source")}


def strict(record):
    """The record as JSON reads it back; fails on what is no strict JSON."""

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(json.dumps(record, allow_nan=False), parse_constant=refuse)
