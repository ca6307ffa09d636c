"""Exported files in real sessions of onnxruntime: parity, sizes, metadata, precisions, refusals."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
import onnx

from recyclegan import load_translator
from recyclegan.atomic import sha256
from recyclegan.cli.main import main
from recyclegan.errors import RunFailed, UserError
from recyclegan.export.any_size import take_any_size
from recyclegan.export.exporting import export_file
from recyclegan.export.graph import plain
from recyclegan.export.measuring import by_torch, open_session, run
from recyclegan.export.model import read_directions
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.variants.registry import VARIANTS
from tests.conftest import draw_picture
from tests.network_options import GENERATOR, GENERATORS
from tests.test_translation import noise, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(
        tmp_path_factory.mktemp("model") / "generators.safetensors",
        "cut-small",
        directions=("a2b",),
    )


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    (folder / "pictures").mkdir()
    draw_picture(folder / "pictures" / "1.png", 1)
    out = folder / "model.onnx"
    assert main(["export", str(model), str(out), "--pictures", str(folder / "pictures")]) == 0
    return out


def identity_graph():
    return onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> core (float[N,3,H,W] padded) '
        "=> (float[N,3,H,W] translated) { translated = Identity(padded) }"
    )


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 40), (3, 200), (17, 5), (32, 32), (33, 31), (64, 101)]
)
def test_pictures_of_any_size_are_padded_as_numpy_mirrors_and_cropped(size):
    core = identity_graph()
    whole = open_session(take_any_size(core, 8).SerializeToString())
    picture = np.random.default_rng(0).uniform(-1, 1, (2, 3, *size)).astype(np.float32)
    assert np.array_equal(run(whole, picture), picture)
    # The padding itself: what the core sees, without the crop.
    padding = take_any_size(identity_graph(), 8)
    padding.graph.output[0].name = "padded"
    del padding.graph.node[-4:]
    seen = run(open_session(padding.SerializeToString()), picture)
    goals = [max(32, -(-side // 8) * 8) for side in size]
    lacks = [(0, goal - side) for goal, side in zip(goals, size, strict=True)]
    assert np.array_equal(seen, np.pad(picture, ((0, 0), (0, 0), *lacks), mode="reflect"))


@pytest.mark.parametrize("size", [(64, 64), (33, 47), (101, 67), (5, 90)])
def test_a_file_makes_what_translate_makes(size, exported, model):
    picture = noise(*size)
    wanted = np.asarray(load_translator(model, precision="fp32")(picture)).astype(int)
    made = run(open_session(exported), to_tensor(picture)[None].numpy())[0]
    assert np.abs(np.asarray(to_image(torch.from_numpy(made))) - wanted).max() <= 1


def test_a_batch_is_its_pictures(exported):
    session = open_session(exported)
    pictures = np.stack([to_tensor(noise(50, 41, seed)).numpy() for seed in (1, 2)])
    both = run(session, pictures)
    assert np.abs(both[:1] - run(session, pictures[:1])).max() < 1e-4
    assert np.abs(both[0] - both[1]).max() > 0.1


def test_a_file_says_what_it_is(exported, model):
    said = open_session(exported).get_modelmeta().custom_metadata_map
    said = {key.removeprefix("recyclegan."): value for key, value in said.items()}
    assert said["generators_sha256"] == sha256(model)
    assert (said["direction"], said["source"], said["target"]) == ("a2b", "day", "night")
    assert (said["variant"], said["step"], said["precision"]) == ("cut-small", "7", "fp32")
    assert said["size_multiple"] == "4" and "127.5" in said["range"]


def cases():
    small = {"features": 8, "max_features": 16, "blocks": 1}
    for name, config in VARIANTS.items():
        yield name, asdict(config.generator) | small
    for name, options in GENERATORS.items():
        yield name, GENERATOR | options


@pytest.mark.parametrize(("name", "options"), [pytest.param(*case, id=case[0]) for case in cases()])
def test_the_plain_form_of_every_generator_computes_the_same(name, options):
    generator = made(options)
    side = 9 * generator.size_multiple
    picture = torch.rand(2, 3, side, side) * 2 - 1
    with torch.inference_mode():
        assert torch.allclose(plain(generator)(picture), generator(picture), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), [pytest.param(*case, id=case[0]) for case in cases()])
def test_every_generator_is_exported_right(name, options):
    from recyclegan.export.graph import generator_graph

    generator = made(options)
    graph = take_any_size(generator_graph(generator), generator.size_multiple)
    session = open_session(graph.SerializeToString())
    for size in ((1, 64, 64), (2, 61, 103), (1, 40, 33)):
        picture = (
            np.random.default_rng(1).uniform(-1, 1, (size[0], 3, *size[1:])).astype(np.float32)
        )
        difference = np.abs(run(session, picture) - by_torch(generator, picture)).max()
        assert difference * 127.5 <= 1, size


def made(options):
    torch.manual_seed(3)
    generator = ResNetGenerator(**options)
    initialise(generator, "normal")
    for name, parameter in generator.named_parameters():
        if name.endswith("gain"):  # What starts at zero would hide the attention.
            torch.nn.init.constant_(parameter, 0.5)
    return generator.eval().requires_grad_(False)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_smaller_file_is_smaller_and_says_its_loss(precision, model, exported, tmp_path):
    (direction,) = read_directions(model)
    pictures = [to_tensor(noise(64, 64, seed))[None].numpy() for seed in range(3)]
    graph = onnx.load(exported)
    out = tmp_path / "small.onnx"
    done = export_file(direction, out, precision, pictures[:1], pictures, graph)
    assert out.stat().st_size < 0.6 * exported.stat().st_size
    made = run(open_session(out), pictures[0])
    wanted = by_torch(direction.generator, pictures[0])
    mse = float(np.mean((made - wanted).astype(np.float64) ** 2))
    assert done.loss.psnr == pytest.approx(10 * np.log10(4 / mse), abs=0.01)
    assert done.fp32.psnr > done.loss.psnr > 20


def test_a_file_that_differs_is_not_kept(model, exported, tmp_path):
    (direction,) = read_directions(model)
    graph = onnx.load(exported)
    weights = next(values for values in graph.graph.initializer if len(values.dims) == 4)
    spoilt = onnx.numpy_helper.to_array(weights) * 3 + 0.5
    weights.CopyFrom(onnx.numpy_helper.from_array(spoilt, weights.name))
    out = tmp_path / "model.onnx"
    out.write_bytes(b"before")
    picture = to_tensor(noise(40, 40))[None].numpy()
    with pytest.raises(RunFailed, match="grey levels"):
        export_file(direction, out, "fp32", [picture], graph=graph)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert out.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("MODEL HERE/x.onnx --direction b2a", "no direction b2a"),
        ("MODEL HERE/taken.onnx", "--overwrite"),
        ("MODEL HERE/x.pth", ".onnx"),
        ("MODEL HERE/x.onnx --precision int8", "--calibrate"),
        ("MODEL HERE/x.onnx --calibrate HERE", "--precision int8"),
        ("MODEL HERE/x.onnx --runtime HERE", "--web"),
        ("MODEL HERE/page --web --direction a2b", "every direction"),
        ("MODEL HERE/page --web --precision int8", "fp16"),
        ("MODEL HERE/page --web --runtime HERE --pictures PICTURES", "ort.wasm.bundle.min.mjs"),
        ("HERE/turbo.pkl HERE/x.onnx --direction a2b", "CycleGAN-turbo"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(words, said, model, exported, tmp_path, capsys):
    (tmp_path / "taken.onnx").write_bytes(b"")
    (tmp_path / "turbo.pkl").write_bytes(b"")
    words = words.replace("MODEL", str(model)).replace("HERE", str(tmp_path))
    words = words.replace("PICTURES", str(exported.parent / "pictures"))
    assert main(["export", *words.split()]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"taken.onnx", "turbo.pkl"}


def test_of_two_directions_one_is_asked_for(tmp_path):
    both = read_directions(write_model(tmp_path / "g.safetensors", "case-1"))
    from recyclegan.export.model import choose_direction

    with pytest.raises(UserError, match="--direction"):
        choose_direction(both, None)
    assert choose_direction(both, "b2a").kinds == ("night", "day")


def test_without_the_packages_the_command_that_installs_them_is_said(monkeypatch):
    from recyclegan.export import model as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"recyclegan\[export\]"):
        module.require_packages()


def test_a_page_without_npm_says_how(monkeypatch):
    from recyclegan.export import runtime

    monkeypatch.setattr(runtime.shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="--runtime"), runtime.find_runtime(None):
        pass
