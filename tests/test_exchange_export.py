"""A generator trained here, in the public CycleGAN code: the same pictures, or what differs."""

from dataclasses import asdict, replace

import pytest
import torch

from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes, read_generators
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.exchange.exporting import export_weights
from recyclegan.exchange.importing import import_weights
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.variants.registry import VARIANTS
from tests.public_generator import PublicGenerator, public_generator
from tests.test_exchange_import import same_pictures, write
from tests.test_translation import write_model

CYCLEGAN = VARIANTS["cyclegan"].generator


def write_narrow(path, directions=("a2b", "b2a"), **changes):
    """A generators file of `cyclegan`, narrowed and changed."""
    torch.manual_seed(0)
    config = replace(CYCLEGAN, **{"features": 8} | changes)
    tensors = {}
    for direction in directions:
        state = ResNetGenerator(**asdict(config)).state_dict()
        tensors |= {f"generator_{direction}.{name}": value for name, value in state.items()}
    info = GeneratorInfo("cyclegan", config, {"a": "day", "b": "night"}, directions, 64, 7)
    path.write_bytes(generators_bytes(tensors, info))
    return path


@pytest.mark.parametrize("blocks", [6, 9])
@pytest.mark.parametrize("direction", ["a2b", "b2a"])
def test_the_public_network_loads_it_and_makes_the_same_pictures(
    direction, blocks, tmp_path, capsys
):
    model = write_narrow(tmp_path / "g.safetensors", blocks=blocks)
    out = tmp_path / "checkpoints" / "latest_net_G.pth"
    assert main(["export-weights", str(model), str(out), "--direction", direction]) == 0
    flags = f"--netG resnet_{blocks}blocks --ngf 8 --norm instance --no_dropout"
    assert f"({direction}); there, load it with: {flags}" in capsys.readouterr().out
    network = PublicGenerator(features=8, blocks=blocks).eval()
    network.load_state_dict(torch.load(out, weights_only=True))
    # The two directions differ, so that taking the other one would be noticed.
    same_pictures(network, model, direction)


def test_there_and_back_is_the_same_file(tmp_path):
    file = write(tmp_path / "G.pth", public_generator())
    import_weights(file, tmp_path / "model")
    export_weights(tmp_path / "model", tmp_path / "again.pth")
    first, again = (torch.load(path, weights_only=True) for path in (file, tmp_path / "again.pth"))
    assert list(again) == list(first)
    assert all(torch.equal(first[name], again[name]) for name in first)


UNKNOWN = {
    "mirrored downsamplings": ({"downsampling_padding": "reflect"}, "downsampling_padding reflect"),
    "skips": ({"skips": "add"}, "skips add (none there)"),
    "attention": ({"attention": True}, "attention True (False there)"),
    "head": ({"head": "identity-start"}, "head identity-start (tanh there)"),
    "resize": ({"upsampling": "resize"}, "upsampling resize (transposed there)"),
    "three": ({"downsamplings": 3}, "downsamplings 3 (2 there)"),
    "a cap": ({"max_features": 31}, "max_features 31 (no limit there)"),
    "blocks": ({"blocks": 5}, "blocks 5 (6 or 9 there)"),
}


@pytest.mark.parametrize(("changes", "told"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_the_public_code_cannot_build_is_named(changes, told, tmp_path, capsys):
    model = write_narrow(tmp_path / "g.safetensors", **changes)
    out = tmp_path / "G.pth"
    assert main(["export-weights", str(model), str(out), "--direction", "a2b"]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert f"cannot build: {told}" in sentence and str(model) in sentence
    assert not out.exists()


@pytest.mark.parametrize("variant", [n for n, v in VARIANTS.items() if v.generator != CYCLEGAN])
def test_variants_with_other_networks_are_refused(variant, tmp_path):
    model = write_model(tmp_path / "g.safetensors", variant)
    with pytest.raises(UserError, match="cannot build"):
        export_weights(model, tmp_path / "G.pth", direction="a2b")


def test_a_cap_that_plays_no_part_is_none(tmp_path):
    model = write_narrow(tmp_path / "g.safetensors", max_features=32)
    assert export_weights(model, tmp_path / "G.pth", direction="b2a").direction == "b2a"


def test_the_direction_may_be_left_out_where_there_is_one(tmp_path):
    both, one = write_narrow(tmp_path / "both.safetensors"), tmp_path / "one.safetensors"
    write_narrow(one, directions=("b2a",))
    assert export_weights(one, tmp_path / "one.pth").direction == "b2a"
    with pytest.raises(UserError, match=r"more than one direction; name one .*: a2b and b2a"):
        export_weights(both, tmp_path / "both.pth")
    with pytest.raises(UserError, match=r"has no direction 'a2b'; name one of its .*: b2a"):
        export_weights(one, tmp_path / "other.pth", direction="a2b")


def test_files_are_not_replaced_unasked_nor_folders_written(tmp_path):
    model = write_narrow(tmp_path / "g.safetensors")
    out = tmp_path / "G.pth"
    export_weights(model, out, direction="a2b")
    with pytest.raises(UserError, match="is there already"):
        export_weights(model, out, direction="a2b")
    export_weights(model, out, direction="b2a", overwrite=True)
    with pytest.raises(UserError, match="is a folder; name a file"):
        export_weights(model, tmp_path, direction="a2b")


def test_a_damaged_model_is_told(tmp_path):
    model = write_narrow(tmp_path / "g.safetensors")
    tensors, info = read_generators(model)
    del tensors["generator_a2b.stem.0.bias"]
    model.write_bytes(generators_bytes(tensors, info))
    with pytest.raises(UserError, match="not of the generator that it describes: it lacks stem"):
        export_weights(model, tmp_path / "G.pth", direction="a2b")
