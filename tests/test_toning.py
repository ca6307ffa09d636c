"""Generators that start from their target's colours, trained and resumed from the command line."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from recyclegan.cli.main import main
from recyclegan.images.tensors import to_tensor

TONES = {"generator_a2b.tone.target": "trainB", "generator_b2a.tone.target": "trainA"}


@pytest.fixture
def data(tmp_path):
    draw = np.random.default_rng(0)
    for folder, least, most in (("A", 100, 250), ("B", 5, 120)):
        for split, num in (("train", 3), ("test", 2)):
            place = tmp_path / "data" / f"{split}{folder}"
            place.mkdir(parents=True)
            for number in range(num):
                pixels = draw.integers(least, most, (36, 36, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(place / f"{number}.png")
    return tmp_path / "data"


def tones(run):
    weights = load_file(run / "checkpoints" / "last" / "generators.safetensors")
    return {name: weights[name] for name in TONES}


def test_each_generator_starts_from_the_colours_that_it_leads_to(data, tmp_path):
    """They are those of the training pictures, stay as they are, and go on with a resumed run."""
    run = tmp_path / "run"
    size = ["--images.size", "32", "--images.load-scale", "1.125", "--train.extractor", "none"]
    line = ["train", "recyclegan", "--data", str(data), "--out", str(run), "--generator.toned"]
    assert main([*line, *size, "--train.steps", "2"]) == 0
    for name, found in tones(run).items():
        pictures = [to_tensor(Image.open(path)) for path in (data / TONES[name]).iterdir()]
        values = torch.stack(pictures).double()
        wanted = torch.stack([values.mean((0, 2, 3)), values.std((2, 3), correction=0).mean(0)])
        torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-4)
    before = tones(run)
    assert main(["resume", str(run), "--train.steps", "4"]) == 0
    for name, tone in tones(run).items():
        assert torch.equal(tone, before[name])


def test_what_starts_from_a_model_keeps_that_models_colours(data, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    options = ["--images.size", "32", "--train.extractor", "none", "--train.steps", "1"]
    line = ["train", "recyclegan", "--generator.toned", *options]
    assert main([*line, "--data", str(data), "--out", str(first)]) == 0
    other = [str(data / "trainB"), str(data / "trainA")]
    start = ["--train.start-from", str(first)]
    assert main([*line, "--data", *other, "--out", str(second), *start]) == 0
    for name, tone in tones(second).items():
        assert torch.equal(tone, tones(first)[name])
