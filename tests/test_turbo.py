"""CycleGAN-turbo: the published layout, read safely, translates as published, from one command."""

import json
import pickle
import socket
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

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
from recyclegan.turbo import base as base_module
from recyclegan.turbo.published import read_published
from tests.comparison_sets import CHANGES, draw_folders
from tests.conftest import draw_picture
from tests.turbo_toy import Toy, write_base

NIGHT = "driving in the night"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """SD-Turbo, a file of adapters that has a published name, one that has none, and pictures."""
    root = tmp_path_factory.mktemp("turbo")
    toy = Toy(write_base(root / "sd"))
    toy.save(root / "day2night.pkl")
    toy.save(root / "model_2501.pkl")
    (root / "day").mkdir()
    for index, size in enumerate([(64, 48), (61, 45), (30, 90), (64, 48)]):
        draw_picture(root / "day" / f"{index}.png", index, size=size)
    return root


@pytest.fixture(scope="module")
def toy(root):
    return Toy(root / "sd")


@pytest.fixture
def offline(monkeypatch):
    """Whoever tries the network fails the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def words(root, out, *more, model="day2night.pkl", direction="a2b"):
    return ["translate", str(root / model), str(root / "day"), str(out),
            "--direction", direction, *more]  # fmt: skip


def refused(capsys, line):
    """The one sentence that a mistaken command line gets."""
    capsys.readouterr()
    assert main(line) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


def changed(root, tmp_path, **entries):
    """The file of adapters with some entries replaced, or taken out where they are None."""
    content = torch.load(root / "day2night.pkl", weights_only=True) | entries
    path = tmp_path / "day2night.pkl"
    torch.save({key: value for key, value in content.items() if value is not None}, path)
    return path


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


class Payload:
    """What a hostile file runs when it is unpickled carelessly."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("key", ["sd_vae_enc", "rank_unet", "more", "whole"])
@pytest.mark.parametrize("plainly", [False, True])
def test_a_payload_is_refused_unexecuted(root, tmp_path, capsys, key, plainly):
    trap = tmp_path / "executed"
    path = changed(root, tmp_path)
    if key == "whole":
        content = Payload(trap)
    else:
        content = torch.load(path, weights_only=True) | {key: Payload(trap)}
    if plainly:
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path)
    said = refused(capsys, words(root, tmp_path / "out", "--base", str(root / "sd"), model=path))
    assert "more than plain weights" in said and str(path) in said
    assert not trap.exists() and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("entries", "lack"),
    [
        ({"rank_unet": None}, "whole number rank_unet"),
        ({"rank_vae": True}, "whole number rank_vae"),
        ({"rank_vae": -4}, "whole number rank_vae"),
        ({"l_modules_others": "all-linear"}, "list of names l_modules_others"),
        ({"sd_encoder": {"a": 1}}, "tensors sd_encoder"),
        ({"sd_vae_dec": None}, "tensors sd_vae_dec"),
        ({"rank_unet": 10**9}, "another shape"),
        ({"rank_unet": 2}, "another shape"),
        ({"l_target_modules_decoder": ["nowhere"]}, "does not adapt"),
        ({"sd_decoder": {}}, "lacks"),
        ({"vae_lora_target_modules": ["conv_in"]}, "is not of the autoencoder"),
    ],
)
def test_another_layout_is_refused_in_a_sentence(root, tmp_path, capsys, entries, lack):
    path = changed(root, tmp_path, **entries)
    said = refused(capsys, words(root, tmp_path / "out", "--base", str(root / "sd"), model=path))
    assert lack in said and str(path) in said


def test_only_plain_values_are_read(root, tmp_path):
    path = tmp_path / "day2night.pkl"
    for content in ({"args": Namespace(rank=1)}, [1, 2]):
        torch.save(content, path)
        with pytest.raises(UserError, match=r"plain weights|no dictionary"):
            read_published(path)
    path.write_bytes((root / "day2night.pkl").read_bytes()[:5000])
    with pytest.raises(UserError, match=r"cannot be read|damaged"):
        read_published(path)


def test_adapters_of_another_base_are_refused(root, tmp_path, capsys):
    other = write_base(tmp_path / "other", widths=(8, 16, 16, 16))
    said = refused(capsys, words(root, tmp_path / "out", "--base", str(other)))
    assert "day2night.pkl is not of the autoencoder in" in said


@pytest.mark.parametrize(
    "name",
    ["unet/config.json", "unet/diffusion_pytorch_model.safetensors", "tokenizer/vocab.json"],
)
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_damaged_base_is_named(root, tmp_path, capsys, offline, name, damage):
    broken = write_base(tmp_path / "broken")
    if damage == "gone":
        (broken / name).unlink()
    else:
        (broken / name).write_bytes((broken / name).read_bytes()[:10])
    said = refused(capsys, words(root, tmp_path / "out", "--base", str(broken)))
    assert str(broken) in said and "--base" in said


def test_what_is_missing_is_said_before_any_work(root, tmp_path, capsys, monkeypatch, offline):
    out = tmp_path / "out"
    assert "--base FOLDER" in refused(capsys, words(root, out))
    assert "no such folder" in refused(capsys, words(root, out, "--base", "/no/such/folder"))
    said = refused(capsys, words(root, out, model="model_2501.pkl"))
    assert "say with --caption" in said
    assert "--caption" in refused(capsys, words(root, out, direction="b2a"))
    assert "no file" in refused(capsys, words(root, out, model="gone.pkl"))
    assert "leave --tile out" in refused(capsys, words(root, out, "--tile", "1000"))
    assert "fp32 and bf16" in refused(capsys, words(root, out, "--precision", "mixed"))
    monkeypatch.setattr(
        base_module, "find_spec", lambda name: None if name == "peft" else find_spec(name)
    )
    assert "pip install 'recyclegan[turbo]'" in refused(capsys, words(root, out))
    assert not out.exists()


def test_a_hub_name_without_network_is_answered_soon(root, tmp_path, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    begin = perf_counter()
    said = refused(capsys, words(root, tmp_path / "out", "--base", "someone/sd-turbo"))
    assert "someone/sd-turbo" in said and "cannot be fetched" in said
    assert perf_counter() - begin < 10


def test_a_picture_beyond_memory_fails_alone(root, tmp_path, capsys, monkeypatch):
    """It is listed with its need; the others are translated."""
    monkeypatch.setattr(turbo, "machine_memory", lambda: 1_500_000)
    assert main(words(root, tmp_path / "out", "--base", str(root / "sd"))) == 1
    said = capsys.readouterr().out
    assert "2 translated" in said and "2 failed" in said
    assert "0.png: 64x48 pixels take CycleGAN-turbo" in said


def test_caption_and_base_are_for_turbo_alone(tmp_path, capsys):
    for flag in ("--caption", "--base"):
        line = words(tmp_path, tmp_path / "out", flag, "x", model="run")
        assert "leave them out" in refused(capsys, line)


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
