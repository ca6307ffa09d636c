"""Weights of the public CycleGAN code: the same pictures here, whatever wrote the file."""

import pytest
import torch

from recyclegan import load_translator
from recyclegan.checkpoint.generators import read_generators
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.exchange.importing import import_weights
from recyclegan.variants.registry import VARIANTS
from tests.public_generator import public_generator, statistics
from tests.test_translation import noise


def write(path, network, extra=None, prefix="", **how):
    state = {f"{prefix}{name}": value for name, value in network.state_dict().items()}
    torch.save(state | (extra or {}), path, **how)
    return path


def same_pictures(network, model, direction="a2b"):
    """The network of a generators file makes of a picture what the public one makes.

    To 1e-5 as it is computed; in double precision to where only the same function can be.
    """
    given = torch.rand(1, 3, 44, 36, generator=torch.Generator().manual_seed(3)) * 2 - 1
    generator = load_translator(model, direction, precision="fp32").generator
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        with torch.inference_mode():
            here, there = (one.to(dtype)(given.to(dtype)) for one in (generator, network))
        assert there.std() > 0.1
        torch.testing.assert_close(here, there, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize(("features", "blocks"), [(8, 6), (8, 9), (5, 6), (16, 1)])
def test_translation_is_the_public_networks(features, blocks, dropout, tmp_path):
    network = public_generator(features=features, blocks=blocks, dropout=dropout)
    imported = import_weights(write(tmp_path / "G.pth", network), tmp_path / "model")
    same_pictures(network, tmp_path / "model")
    assert imported.info.generator.blocks == blocks
    assert imported.generators["a2b"].has_dropout is dropout


def test_the_published_size_is_the_variant_cyclegan(tmp_path):
    network = public_generator(features=64, blocks=9)
    imported = import_weights(write(tmp_path / "latest_net_G.pth", network), tmp_path / "model")
    assert imported.info.generator == VARIANTS["cyclegan"].generator
    same_pictures(network, tmp_path / "model")


KEPT = {
    "none": lambda network: {},
    "old": lambda network: statistics(network, counters=False),
    "later": lambda network: statistics(network, counters=True),
}


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("archive", [False, True])
def test_whatever_wrote_the_file(kept, prefix, archive, tmp_path):
    network = public_generator()
    extra = {f"{prefix}{name}": value for name, value in KEPT[kept](network).items()}
    how = {"_use_new_zipfile_serialization": archive}
    file = write(tmp_path / "G.pth", network, extra, prefix, **how)
    imported = import_weights(file, tmp_path / "model")
    same_pictures(network, tmp_path / "model")
    assert imported.generators["a2b"].num_statistics == len(extra)


@pytest.mark.parametrize("archive", [False, True])
def test_a_file_saved_on_another_device(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.serialization.location_tag", lambda storage: "cuda:3")
    how = {"_use_new_zipfile_serialization": archive}
    file = write(tmp_path / "G.pth", public_generator(), **how)
    monkeypatch.undo()
    assert b"cuda:3" in file.read_bytes()
    import_weights(file, tmp_path / "model")
    same_pictures(public_generator(), tmp_path / "model")


def test_half_precision_and_parameters_are_tensors_too(tmp_path):
    network = public_generator()
    state = {name: torch.nn.Parameter(value.half()) for name, value in network.state_dict().items()}
    torch.save(state, tmp_path / "G.pth")
    import_weights(tmp_path / "G.pth", tmp_path / "model")
    network.load_state_dict({name: value.float() for name, value in state.items()})
    same_pictures(network, tmp_path / "model")


def test_tensors_that_are_parts_of_one(tmp_path):
    """As they are after training with flattened parameters."""
    network = public_generator()
    flat = torch.cat([value.flatten() for value in network.state_dict().values()])
    parts = flat.split([value.numel() for value in network.state_dict().values()])
    state = {
        name: part.view(value.shape)
        for part, (name, value) in zip(parts, network.state_dict().items(), strict=True)
    }
    same = "model.10.conv_block.{}.weight"
    state[same.format(5)] = state[same.format(1)]
    network.load_state_dict(state)
    torch.save(state, tmp_path / "G.pth")
    import_weights(tmp_path / "G.pth", tmp_path / "model")
    same_pictures(network, tmp_path / "model")


def test_both_directions_from_two_files(tmp_path):
    there, back = public_generator(seed=1), public_generator(seed=2)
    write(tmp_path / "latest_net_G_A.pth", there)
    write(tmp_path / "latest_net_G_B.pth", back)
    words = [str(tmp_path / "latest_net_G_A.pth"), "--out", str(tmp_path / "both.safetensors")]
    words += ["--back", str(tmp_path / "latest_net_G_B.pth"), "--names", "day", "night"]
    assert main(["import-weights", *words, "--size", "128"]) == 0
    same_pictures(there, tmp_path / "both.safetensors", "a2b")
    same_pictures(back, tmp_path / "both.safetensors", "b2a")
    info = read_generators(tmp_path / "both.safetensors")[1]
    assert (info.domains, info.directions) == ({"a": "day", "b": "night"}, ("a2b", "b2a"))
    assert info.size == 128


def test_one_file_of_the_way_back_is_just_that(tmp_path, capsys):
    network = public_generator()
    file = write(tmp_path / "G.pth", network)
    assert (
        main(["import-weights", str(file), "--out", str(tmp_path / "m"), "--direction", "b2a"]) == 0
    )
    same_pictures(network, tmp_path / "m", "b2a")
    with pytest.raises(UserError, match="has no direction 'a2b'; it has b2a"):
        load_translator(tmp_path / "m", "a2b")


def test_what_matched_is_told(tmp_path, capsys):
    network = public_generator(dropout=True)
    file = write(tmp_path / "G.pth", network, statistics(network, counters=False))
    assert (
        main(["import-weights", str(file), "--out", str(tmp_path / "m"), "--names", "day", "night"])
        == 0
    )
    told = capsys.readouterr().out
    assert "a2b, day → night: all 36 tensors of" in told
    assert "8 features and 6 residual blocks" in told
    assert "34 running statistics left out" in told and "trained with dropout" in told
    rows = {line.split("  ")[0]: line for line in told.splitlines()}
    assert "model.1 " in rows["first convolution"] and "1,184" in rows["first convolution"]
    assert "model.10.conv_block.1 … model.15.conv_block.6" in rows["residual blocks"]
    # 6 blocks of two convolutions, each of 32 x 32 x 3 x 3 values and 32 biases.
    assert f"{12 * (32 * 32 * 9 + 32):,}" in rows["residual blocks"]
    assert "model.23" in rows["last convolution"]


def test_an_imported_model_translates_a_folder(tmp_path):
    (tmp_path / "in").mkdir()
    noise(40, 30).save(tmp_path / "in" / "one.png")
    import_weights(write(tmp_path / "G.pth", public_generator()), tmp_path / "m")
    words = ["translate", str(tmp_path / "m"), str(tmp_path / "in"), str(tmp_path / "out")]
    assert main([*words, "--direction", "a2b"]) == 0
    assert (tmp_path / "out" / "one.png").is_file()


def test_a_model_that_is_there_is_kept(tmp_path, capsys):
    file = write(tmp_path / "G.pth", public_generator())
    words = ["import-weights", str(file), "--out", str(tmp_path / "m")]
    assert main(words) == 0
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


def test_two_files_must_be_alike_and_names_differ(tmp_path):
    one = write(tmp_path / "A.pth", public_generator())
    other = write(tmp_path / "B.pth", public_generator(blocks=9))
    with pytest.raises(UserError, match=r"A\.pth has 8 x 6 and .*B\.pth has 8 x 9"):
        import_weights(one, tmp_path / "m", back=other)
    with pytest.raises(UserError, match="--names day day"):
        import_weights(one, tmp_path / "m", domains=("day", "day"))
    with pytest.raises(UserError, match="--size 0 is no number of pixels"):
        import_weights(one, tmp_path / "m", size=0)
    assert not (tmp_path / "m").exists()
