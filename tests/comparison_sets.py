"""Folders of small pictures to compare, and a LPIPS of random weights."""

import shutil

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from recyclegan.features import lpips
from tests.conftest import draw_picture

NUM = 6
CHANGES = {"near": (0.97, 3), "middle": (0.8, 12), "far": (0.5, 30)}
"""How each set changes the true pictures: by a factor and by noise."""


def draw_folders(root, num=NUM):
    """Real dim pictures, bright sources, true dim versions, and three sets, each worse."""
    for folder in ("real", "source", "truth", *CHANGES):
        (root / folder).mkdir(parents=True)
    for index in range(num):
        draw_picture(root / "real" / f"r{index}.png", 50 + index, bright=False)
        draw_picture(root / "source" / f"{index}.png", index, bright=True)
        draw_picture(root / "truth" / f"{index}.png", index, bright=False)
        truth = np.asarray(Image.open(root / "truth" / f"{index}.png"), np.float32)
        for place, (name, (gain, noise)) in enumerate(CHANGES.items()):
            rng = np.random.default_rng(100 * place + index)
            changed = gain * truth + rng.normal(0, noise, truth.shape)
            save(root / name / f"{index}.png", changed)
    return root


def save(path, pixels):
    Image.fromarray(np.asarray(pixels).round().clip(0, 255).astype(np.uint8)).save(path)


def copy(folder, name):
    """A second folder of the same files beside the first."""
    return shutil.copytree(folder, folder.with_name(name))


def random_weights(folder):
    """A directory that holds AlexNet's features with random weights."""
    torch.manual_seed(0)
    trunk = lpips._alexnet()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(trunk.state_dict(), folder / "alexnet_features.safetensors")
    return folder


def compare_words(root, out, *words, sets=tuple(CHANGES)):
    """The command line that compares sets below a folder."""
    named = [f"{name}={root / name}" for name in sets]
    return ["compare", "--real", str(root / "real"), "--sets", *named, "--out", str(out),
            "--extractor", "luminance", *words]  # fmt: skip
