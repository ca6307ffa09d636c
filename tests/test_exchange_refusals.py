"""Files that are no public CycleGAN generator: one sentence each, and nothing of them is run."""

import io
import os
import pickle
import zipfile

import pytest
import torch
from torch import nn

from recyclegan.cli.main import main
from tests.public_generator import public_generator, statistics
from tests.test_translation import write_model

MARK = "payload-was-run"


class Payload:
    def __reduce__(self):
        return os.mkdir, (MARK,)


def state():
    return dict(public_generator().state_dict())


def saved(content, **how):
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)
    return buffer.getvalue()


def deflated():
    """An archive whose tensors are packed: small on the disk, of any size in memory."""
    source = zipfile.ZipFile(io.BytesIO(saved({"model.1.weight": torch.zeros(1_000_000)})))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    return buffer.getvalue()


def spread(dtype):
    """A tensor of four trillion values, all of which are the same two bytes."""
    huge = torch.zeros(1, dtype=dtype).as_strided((2_000_000, 2_000_000), (0, 0))
    return saved(state() | {"model.1.weight": huge})


def declared(size):
    """The old format, with a storage that says that it has so many values."""
    content = saved({"model.1.weight": torch.zeros(77)}, _use_new_zipfile_serialization=False)
    place = content.index(b"K\x4d")
    assert content.count(b"K\x4d") == 2
    long = b"\x8a\x08" + size.to_bytes(8, "little")
    return content[:place] + long + content[place + 2 :].replace(b"K\x4d", long)


HOSTILE = {
    "payload": (lambda: pickle.dumps(Payload()), "holds more than plain weights"),
    "payload in an archive": (lambda: saved(Payload()), "holds more than plain weights"),
    "payload beside weights": (
        lambda: saved(state() | {"note": Payload()}),
        "holds more than plain weights",
    ),
    "payload in the old format": (
        lambda: saved(state() | {"x": Payload()}, _use_new_zipfile_serialization=False),
        "holds more than plain weights",
    ),
    "a whole network": (lambda: saved(nn.Conv2d(3, 8, 7)), "holds more than plain weights"),
    "cut off": (lambda: saved(state())[:5000], "cannot be read as weights"),
    "cut off, old": (
        lambda: saved(state(), _use_new_zipfile_serialization=False)[:5000],
        "cannot be read as weights",
    ),
    "empty": (lambda: b"", "cannot be read as weights"),
    "text": (lambda: b"Not Found\n", "holds more than plain weights, or is damaged"),
    "a page": (lambda: b"<html><body>404</body></html>", "or is damaged"),
    "a packed archive": (deflated, "it says that it holds 4,"),
    "spread over nothing": (lambda: spread(torch.float32), "or more than it has bytes"),
    "spread, in halves": (lambda: spread(torch.float16), "or more than it has bytes"),
    "sparse": (
        lambda: saved(state() | {"model.1.weight": torch.zeros(8, 3, 7, 7).to_sparse()}),
        "holds tensors that are no plain ones",
    ),
    "nowhere": (
        lambda: saved(state() | {"model.1.weight": torch.empty(8, 3, 7, 7, device="meta")}),
        "holds tensors that are no plain ones",
    ),
    "a huge storage": (lambda: declared(10**14), "cannot be read as weights"),
    "a negative storage": (lambda: declared(2**63 + 5), "cannot be read as weights"),
    "a list": (lambda: saved([torch.zeros(3)]), "holds no weights by name"),
    "nothing": (lambda: saved({}), "holds no weights by name"),
    "numbers": (lambda: saved({"epoch": 3}), "Nothing in"),
    "other weights": (lambda: saved({"encoder.weight": torch.zeros(3)}), "begins with encoder.we"),
}


@pytest.mark.parametrize(("content", "complaint"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_unexecuted(content, complaint, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latest_net_G.pth").write_bytes(content())
    assert refusal(tmp_path, capsys).count(complaint) == 1
    assert not (tmp_path / MARK).exists()


def test_the_payload_would_have_done_something(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Payload()))
    assert (tmp_path / MARK).exists()


def without(name):
    return {key: value for key, value in state().items() if key != name}


def renamed(old, new):
    return {key.replace(old, new): value for key, value in state().items()}


UNFIT = {
    "a missing bias": (without("model.4.bias"), "(resnet_6blocks): it lacks model.4.bias"),
    "a missing first layer": (without("model.1.weight"), "it lacks model.1.weight"),
    "a missing block": (
        {k: v for k, v in state().items() if not k.startswith("model.12.")},
        "(resnet_5blocks): it lacks model.12.conv_block.1.bias",
    ),
    "one more layer": (
        state() | {"model.27.weight": torch.zeros(3)},
        "it has, unknown to it, model.27.weight",
    ),
    "another width": (
        state() | {"model.7.weight": torch.zeros(40, 16, 3, 3)},
        "it has in another shape model.7.weight",
    ),
    "another kernel": (
        state() | {"model.1.weight": torch.zeros(8, 3, 5, 5)},
        "it has in another shape model.1.weight",
    ),
    "a flat first layer": (state() | {"model.1.weight": torch.tensor(3.0)}, "in another shape"),
    "grey pictures": (
        state() | {"model.1.weight": torch.zeros(8, 1, 7, 7)},
        "translates pictures of 1 channels",
    ),
    "not a number": (
        state() | {"model.7.weight": torch.full((32, 16, 3, 3), torch.nan)},
        "model.7.weight holds values that are no finite numbers",
    ),
    "infinite": (
        state() | {"model.7.bias": torch.full((32,), torch.inf)},
        "model.7.bias holds values",
    ),
    "whole numbers": (
        state() | {"model.7.bias": torch.zeros(32, dtype=torch.int64)},
        "model.7.bias holds values",
    ),
    "U-Net": (renamed("model.", "model.model."), "a U-Net generator"),
    "CUT": (state() | {"model.7.filt": torch.zeros(3)}, "an antialiased generator"),
    "batch norm": (
        state() | statistics(public_generator(), counters=True) | {"model.2.weight": torch.ones(8)},
        "a generator with weighted norms",
    ),
    "a discriminator": (
        {"model.0.weight": torch.zeros(8, 3, 4, 4), "model.2.weight": torch.zeros(16, 8, 4, 4)},
        "a discriminator, which translates nothing",
    ),
    "blocks of zeros": (renamed("conv_block.1.", "conv_block.0."), "are padded with zeros"),
    "spectral norm": (renamed("model.4.weight", "model.4.weight_orig"), "a spectral norm"),
}


@pytest.mark.parametrize(("content", "complaint"), UNFIT.values(), ids=UNFIT)
def test_what_does_not_match_is_named(content, complaint, tmp_path, capsys):
    torch.save(content, tmp_path / "latest_net_G.pth")
    assert complaint in refusal(tmp_path, capsys)


def test_no_file_a_folder_and_an_own_file(tmp_path, capsys):
    assert "is no file; give that of a generator" in refusal(tmp_path, capsys)
    (tmp_path / "latest_net_G.pth").mkdir()
    assert "is no file; give that of a generator" in refusal(tmp_path, capsys)
    own = write_model(tmp_path / "own.safetensors", "case-1")
    assert "holds generators of this project" in refusal(tmp_path, capsys, own.name)


def refusal(folder, capsys, name="latest_net_G.pth"):
    """The one sentence that an import is refused with; nothing is written."""
    assert main(["import-weights", str(folder / name), "--out", str(folder / "out")]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert str(folder / name) in sentence
    assert not (folder / "out").exists()
    return sentence
