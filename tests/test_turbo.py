"""CycleGAN-turbo: the published layout, read safely, translates as published, from one command."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("diffusers")
pytest.importorskip("peft")

from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.turbo import RESULT, count
from recyclegan import load_translator
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.translation import turbo
from tests.comparison_sets import CHANGES, draw_folders
from tests.turbo_toy import Toy, words, write_all

NIGHT = "driving in the night"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("turbo"))


@pytest.fixture(scope="module")
def toy(root):
    return Toy(root / "sd")


@pytest.mark.parametrize("direction", ["a2b", "b2a"])
def test_translates_as_published(root, toy, direction):
    """Folded adapters and skips give what the model in training gives, of each direction."""
    translator = load_translator(
        root / "day2night.pkl", direction, base=str(root / "sd"), caption=NIGHT
    )
    random = torch.Generator().manual_seed(3)
    picture = torch.rand(1, 3, 48, 72, generator=random) * 2 - 1
    draws = torch.Generator().manual_seed(0)
    expected = toy.translate(
        picture, direction, NIGHT, lambda shape: torch.randn(shape, generator=draws)
    )
    with torch.inference_mode():
        result = translator.network(picture)
    assert expected.std() > 0.1
    assert (result - expected).abs().max() < 1e-4


def test_from_the_command_line_to_a_comparison(root, tmp_path, offline, capsys):
    """A folder is translated, sizes stay, and the set takes part in `compare` with its costs."""
    out = tmp_path / "night"
    assert main(words(root, out, "--base", str(root / "sd"))) == 0
    assert "day → night with cyclegan-turbo" in capsys.readouterr().out
    for picture in (root / "day").iterdir():
        assert Image.open(out / picture.name).size == Image.open(picture).size
    record = json.loads((out / "translation.json").read_text())
    assert record["caption"] == NIGHT and record["translated"] == 4 and record["step"] is None
    folders = draw_folders(tmp_path / "sets")
    assert main(["translate", str(root / "day2night.pkl"), str(folders / "source"),
                 str(folders / "turbo"), "--direction", "a2b", "--base", str(root / "sd")]) == 0  # fmt: skip
    sets = [f"{name}={folders / name}" for name in (*CHANGES, "turbo")]
    line = ["compare", "--real", str(folders / "real"), "--sets", *sets, "--out",
            str(tmp_path / "compared"), "--extractor", "luminance"]  # fmt: skip
    assert main(line) == 0
    comparison = json.loads((tmp_path / "compared" / "comparison.json").read_text())
    (cost,) = [one["cost"] for one in comparison["sets"] if one["name"] == "turbo"]
    assert cost["parameters"] == record["parameters"] and cost["seconds_per_image"] > 0


def test_a_result_depends_on_its_picture_alone(root, tmp_path):
    """Alone, in a folder, twice: the same pixels, though the latent is drawn at random."""
    translator = load_translator(root / "day2night.pkl", "a2b", base=str(root / "sd"))
    out = tmp_path / "night"
    assert main(words(root, out, "--base", str(root / "sd"))) == 0
    torch.manual_seed(99)
    for name in ("0.png", "1.png"):
        alone = np.asarray(translator(Image.open(root / "day" / name)))
        assert np.array_equal(alone, np.asarray(Image.open(out / name)))


def test_another_caption_is_another_result_and_another_folder(root, tmp_path, capsys):
    sd = ("--base", str(root / "sd"))
    assert main(words(root, tmp_path / "a", *sd, "--caption", "heavy rain")) == 0
    assert main(words(root, tmp_path / "b", *sd)) == 0
    pixels = [np.asarray(Image.open(tmp_path / name / "0.png")) for name in "ab"]
    assert not np.array_equal(*pixels)
    assert main(words(root, tmp_path / "a", *sd)) == 2
    assert "name another folder" in capsys.readouterr().err


def test_bf16_is_close(root):
    picture = Image.open(root / "day" / "0.png")
    exact, fast = (
        np.asarray(
            load_translator(
                root / "day2night.pkl", "a2b", base=str(root / "sd"), precision=precision
            )(picture),
            np.int16,
        )
        for precision in ("fp32", "bf16")
    )
    assert 0 < np.abs(exact - fast).mean() < 4


def test_cost_is_that_of_the_network_that_ran(root):
    """Counted without computing, and the same as what an actual pass counts."""
    translator = load_translator(root / "day2night.pkl", "a2b", base=str(root / "sd"))
    cost = translator.cost((61, 45))
    # Torch counts the operations of attention only where it is matrix products.
    plain = sdpa_kernel(SDPBackend.MATH)
    with FlopCounterMode(display=False) as counter, torch.no_grad(), plain:
        translator.network(torch.zeros(1, 3, 48, 64))
    assert cost["multiply_adds"] == counter.get_total_flops() // 2
    assert cost["parameters"] == sum(p.numel() for p in translator.network.parameters())
    assert translator.network.unet.conv_in.weight.device.type == "cpu"


def test_sd_turbo_is_found_where_it_lies(root, tmp_path, monkeypatch, offline):
    """Beside the file, in the folder of weights, or as the folder that holds both."""
    whole = tmp_path / "whole"
    whole.mkdir()
    for part in (root / "sd").iterdir():
        (whole / part.name).symlink_to(part)
    picture = Image.open(root / "day" / "0.png")
    expected = load_translator(root / "day2night.pkl", base=str(root / "sd"))(picture)
    with pytest.raises(UserError, match=r"SD-Turbo with 0 files .* name the one"):
        load_translator(whole)
    (whole / "day2night.pkl").symlink_to(root / "day2night.pkl")
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "sd-turbo").symlink_to(root / "sd")
    for model in (whole, whole / "day2night.pkl", root / "day2night.pkl"):
        assert np.array_equal(load_translator(model)(picture), expected)


def test_a_picture_beyond_memory_fails_alone(root, tmp_path, capsys, monkeypatch):
    """It is listed with its need; the others are translated."""
    translator = load_translator(root / "day2night.pkl", "a2b", base=str(root / "sd"))
    weights = 4 * translator.cost((64, 48))["parameters"]
    memory = weights + (translator.num_bytes((61, 45)) + translator.num_bytes((64, 48))) / 2
    monkeypatch.setattr(turbo, "machine_memory", lambda: memory)
    assert main(words(root, tmp_path / "out", "--base", str(root / "sd"))) == 1
    said = capsys.readouterr().out
    assert "2 translated" in said and "2 failed" in said
    assert "0.png: 64x48 pixels take CycleGAN-turbo" in said


def test_full_size_has_the_published_number_of_parameters():
    """Counted, not allocated; the sums are those that are known of the published model."""
    parts = count()
    assert parts == json.loads(RESULT.read_text())["parameters"]
    millions = {name: round(number / 1e6, 3) for name, number in parts.items()}
    assert millions["text_encoder"] == 340.388 and millions["unet_adapters"] == 81.114
    assert round(2 * parts["autoencoder_adapters"] / 1e6, 3) == 1.786
    assert millions["discriminator"] == 3.672
    assert round(millions["total"], 1) == 1464.8
    assert round(millions["said_to_be_trained"], 1) == 430.6
