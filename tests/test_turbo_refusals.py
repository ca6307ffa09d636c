"""CycleGAN-turbo: what is hostile, damaged, missing or of another kind is refused in a sentence."""

import pickle
import socket
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import pytest
import torch

pytest.importorskip("diffusers")
pytest.importorskip("peft")

from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.turbo import base as base_module
from recyclegan.turbo.published import read_published
from tests.turbo_toy import words, write_all, write_base


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("turbo"))


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
    [
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "text_encoder/model.safetensors",
        "tokenizer/vocab.json",
        "scheduler/scheduler_config.json",
    ],
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


def test_a_caption_is_for_turbo_alone(tmp_path, capsys):
    line = words(tmp_path, tmp_path / "out", "--caption", "x", model="run")
    assert "leave it out" in refused(capsys, line)
