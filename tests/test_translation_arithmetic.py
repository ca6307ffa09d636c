"""Precisions: within three grey levels, chosen where faster and close, and remembered."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan import load_translator
from recyclegan.cli.main import main
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.translation import arithmetic
from recyclegan.translation.arithmetic import PRECISIONS, choose, for_pictures
from recyclegan.variants.registry import VARIANTS
from tests.test_translation import noise, write_model


def generator(variant="recyclegan"):
    torch.manual_seed(0)
    network = ResNetGenerator(**asdict(VARIANTS[variant].generator))
    initialise(network, "normal")
    return network.eval().requires_grad_(False)


def soft_picture(side=64):
    coarse = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3)) * 1.6 - 0.8
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(-1, 1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_precision_is_closer_than_the_one_before(variant):
    """Untrained networks that paint with tanh are further off than trained ones."""
    network, picture = generator(variant), soft_picture()
    wanted = network(picture)
    networks = [for_pictures(network, precision) for precision in PRECISIONS]
    with torch.inference_mode():
        differences = [(fast(picture).float() - wanted).abs() * 127.5 for fast in networks]
    bf16, mixed, fp32 = (difference.mean() for difference in differences)
    assert 1.5 > bf16 > mixed > fp32 and differences[-1].max() < 0.1
    if VARIANTS[variant].generator.head == "identity-start":
        assert differences[0].max() <= 3
    else:
        assert mixed < 0.6 * bf16


def test_the_norm_in_channels_last_is_instance_norm():
    """Also away from mean 0: statistics are of one picture and in float32."""
    x = torch.randn(1, 6, 20, 24) * 3 + 5
    wanted = torch.nn.functional.instance_norm(x)
    given = x.to(memory_format=torch.channels_last)
    torch.testing.assert_close(
        arithmetic._PictureNorm(InstanceNorm(6))(given), wanted, rtol=0, atol=1e-5
    )
    rough = arithmetic._PictureNorm(InstanceNorm(6))(given.bfloat16()).float()
    assert (rough - wanted).abs().max() < 0.05


def test_the_original_is_left_alone():
    network = generator()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for precision in PRECISIONS:
        for_pictures(network, precision)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("seconds", "weight", "chosen"),
    [
        ((3.0, 1.0, 2.0), 1.0, "bf16"),
        ((3.0, 4.0, 2.0), 1.0, "mixed"),
        ((3.0, 4.0, 5.0), 1.0, "fp32"),
        ((3.0, 2.0, 1.0), 1000.0, "fp32"),
    ],
)
def test_the_first_that_is_close_and_faster_is_chosen_and_remembered(
    seconds, weight, chosen, tmp_path, monkeypatch
):
    """Seconds are those of fp32, bf16 and mixed; a head that weighs more is too far off."""
    model, cache = tmp_path / "model", tmp_path / "cache" / "precision.json"
    model.write_bytes(b"weights")
    network, taken = generator(), iter(seconds)
    network.head.convolution.weight.data.mul_(weight)
    monkeypatch.setattr(arithmetic, "_seconds", lambda *_: next(taken))
    assert choose(network, model, cache) == chosen
    assert list(json.loads(cache.read_text()).values()) == [chosen]
    monkeypatch.setattr(arithmetic, "_measured", lambda *_: pytest.fail("measured again"))
    assert choose(network, model, cache) == chosen


@pytest.mark.parametrize("content", ["", "[1]", "{broken"])
def test_a_damaged_memory_is_measured_anew(content, tmp_path, monkeypatch):
    model, cache = tmp_path / "model", tmp_path / "precision.json"
    model.write_bytes(b"weights")
    cache.write_text(content)
    monkeypatch.setattr(arithmetic, "_measured", lambda *_: "bf16")
    assert choose(generator(), model, cache) == "bf16"


def test_a_memory_that_cannot_be_written_is_no_failure(tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.write_bytes(b"weights")
    monkeypatch.setattr(arithmetic, "_measured", lambda *_: "fp32")
    assert choose(generator(), model, model / "below-a-file.json") == "fp32"
    assert np.array_equal(model.read_bytes(), b"weights")


def test_precision_from_the_command_line(tmp_path, capsys):
    model = write_model(tmp_path / "generators.safetensors")
    (tmp_path / "in").mkdir()
    noise(40, 30).save(tmp_path / "in" / "a.png")
    results = {}
    for precision in (*PRECISIONS, "auto"):
        out = tmp_path / precision
        words = ["translate", str(model), str(tmp_path / "in"), str(out), "--direction", "a2b"]
        assert main([*words, "--precision", precision]) == 0
        said = capsys.readouterr().out
        record = json.loads((out / "translation.json").read_text())
        assert f", {record['precision']})" in said and precision in ("auto", record["precision"])
        results[precision] = np.asarray(Image.open(out / "a.png"), int)
    for result in results.values():
        assert abs(result - results["fp32"]).max() <= 3
    again = load_translator(model)
    assert again.precision == record["precision"]
