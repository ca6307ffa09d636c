"""Perceptual terms: right values, gradients and ranges; frozen, at their interval, or a sentence."""

import json
from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.nn import functional as F

from recyclegan.atomic import sha256
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.features.lpips import load_lpips
from recyclegan.losses.perceptual import content_distance, perceptual_distance
from recyclegan.networks.named_layers import MEAN, STD, NamedLayers, load_layers
from recyclegan.training.state import initial_state
from recyclegan.translators.cyclegan import CycleGAN
from tests.pretrained_files import write_vgg
from tests.small_run import train
from tests.test_translator import CPU, pictures, small, step, terms_of


class Tiny(nn.Module):
    """Two convolutions with smooth activations, for finite differences."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3, stride=2)

    def forward(self, x):
        first = self.first(x).tanh()
        return OrderedDict(first=first, second=self.second(first).tanh())


def tiny():
    torch.manual_seed(0)
    return NamedLayers(Tiny(), torch.tensor(MEAN), torch.tensor(STD)).double()


def maps(seed, *shapes):
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=random, dtype=torch.float64) for shape in shapes]


SHAPES = ((2, 3, 8, 8), (2, 5, 4, 4), (2, 7, 2, 2))


def test_perceptual_distance_is_the_sum_written_out():
    ours, theirs = maps(0, *SHAPES), maps(1, *SHAPES)
    wanted = 0.0
    for a, b, weight in zip(ours, theirs, (1 / 16, 1 / 8, 1 / 4), strict=True):
        wanted += weight * sum(map(abs, (a - b).flatten().tolist())) / a.numel()
    assert perceptual_distance(ours, theirs).item() == pytest.approx(wanted)


def test_content_distance_is_the_loop_written_out():
    ours, theirs = maps(0, *SHAPES), maps(1, *SHAPES)
    layers = []
    for a, b in zip(ours, theirs, strict=True):
        squares = []
        for n in range(a.shape[0]):
            for c in range(a.shape[1]):
                ours_c, theirs_c = (
                    (m[n, c] - m[n, c].mean()) / (m[n, c].var(correction=0) + 1e-5).sqrt()
                    for m in (a, b)
                )
                squares += (ours_c - theirs_c).square().flatten().tolist()
        layers.append(sum(squares) / len(squares))
    assert content_distance(ours, theirs).item() == pytest.approx(sum(layers) / len(layers))


def test_content_ignores_gain_and_offset_of_a_channel():
    ours = maps(0, *SHAPES)
    theirs = [m * 3 + torch.arange(m.shape[1]).view(-1, 1, 1) for m in ours]
    assert content_distance(ours, theirs) < 1e-6
    assert perceptual_distance(ours, theirs) > 0.1
    assert content_distance(ours, [-m for m in ours]).item() == pytest.approx(4, abs=1e-3)


@pytest.mark.parametrize("distance", [perceptual_distance, content_distance])
def test_zero_on_identical_pictures_and_gradients_of_float64(distance):
    layers = tiny()
    made = maps(2, (1, 3, 9, 9))[0].requires_grad_()
    real = maps(3, (1, 3, 9, 9))[0]
    assert distance(layers(real), layers(real)) == 0
    assert gradcheck(lambda x: distance(layers(x), layers(real)), made)


def test_vgg16_sees_what_lpips_sees(shared_dir, monkeypatch):
    """Real weights: the maps are those of the network that LPIPS rebuilds by itself."""
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(shared_dir / "weights"))
    names = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
    given = pictures(48).real_a
    theirs = [*load_lpips("vgg", shared_dir / "weights")._layers(given)]
    for ours, other in zip(load_layers("vgg16", names)(given), theirs, strict=True):
        torch.testing.assert_close(ours, other, rtol=2e-2, atol=2e-2)


def test_vgg19_is_read_in_torchvisions_layout(tmp_path, monkeypatch):
    path = write_vgg(tmp_path)
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(tmp_path))
    from safetensors.torch import load_file

    before = torch.get_rng_state()
    layers = load_layers("vgg19", ("relu1_2", "relu2_1", "relu3_4"))
    assert torch.equal(before, torch.get_rng_state())
    weights = {key: value.float() for key, value in load_file(path).items()}
    given = pictures().real_a
    x = ((given + 1) / 2 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    wanted = []
    for number in (0, 2, "pool", 5, 7, "pool", 10, 12, 14, 16):
        if number == "pool":
            x = F.max_pool2d(x, 2)
            continue
        weight, bias = (weights[f"features.{number}.{kind}"] for kind in ("weight", "bias"))
        x = F.conv2d(x, weight, bias, padding=1).relu()
        wanted.append(x)
    for ours, theirs in zip(layers(given), (wanted[i] for i in (1, 2, 7)), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert list(layers.extract._modules)[-1] == "relu3_4"
    with torch.autocast("cpu", torch.bfloat16):
        assert all(m.dtype == torch.float32 for m in layers(given))


def test_layers_of_any_network_that_timm_knows(tmp_path, monkeypatch):
    timm = pytest.importorskip("timm")
    torch.save(timm.create_model("resnet18").state_dict(), tmp_path / "resnet18.pth")
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(tmp_path))
    layers = load_layers("resnet18", ("bn1", "layer2"))
    shallow, deep = layers(pictures(64).real_a)
    assert shallow.shape == (2, 64, 32, 32) and deep.shape == (2, 128, 8, 8)
    assert shallow.min() < 0, "the rectifier after it wrote into the map"
    with pytest.raises(UserError, match=r"resnet18 has no layer 'layer9'; it has"):
        load_layers("resnet18", ("layer9",))


def with_losses(**losses):
    config = small("perceptual-cycle")
    return replace(config, losses=replace(config.losses, **losses))


@pytest.mark.usefixtures("with_vgg19")
def test_terms_come_at_their_interval_with_their_weight():
    config = with_losses(content=0.5, perceptual_cycle=0.25, perceptual_interval=4)
    translator = CycleGAN(config)
    phase = translator.phases[0]
    names = {f"{term}_{d}" for term in ("perceptual_cycle", "content") for d in "ab"}
    assert [phase.weights[f"{term}_a"] for term in ("perceptual_cycle", "content")] == [1.0, 2.0]
    for number in range(9):
        given = pictures()
        given.step = number
        found = names & terms_of(phase, given).keys()
        assert found == (names if number % 4 == 0 else set())
    state = initial_state(config, CPU)
    assert ["losses/content_a" in step(state, number=n) for n in (3, 4)] == [False, True]


@pytest.mark.usefixtures("with_vgg19")
def test_the_network_is_frozen_and_in_no_checkpoint():
    state = initial_state(with_losses(content=1.0), CPU)
    before = [p.clone() for p in state.translator.feature_terms.parameters()]
    step(state)
    frozen = [*state.translator.feature_terms.parameters()]
    assert frozen and not any(p.requires_grad or p.grad is not None for p in frozen)
    assert all(torch.equal(p, q) for p, q in zip(before, frozen, strict=True))
    assert not any("extract" in name for name in state.translator.state_dict()["networks"])


@pytest.mark.usefixtures("with_vgg19")
def test_the_start_is_that_of_the_recipe_without():
    """A term more changes no weight before the first step, and none of the draws."""
    ours, plain = (initial_state(small(name), CPU) for name in ("perceptual-cycle", "recyclegan"))
    for p, q in zip(ours.generators.parameters(), plain.generators.parameters(), strict=True):
        assert torch.equal(p, q)
    assert torch.equal(ours.random.get_state(), plain.random.get_state())


def test_missing_weights_are_one_sentence_before_anything_is_written(tiny_data, tmp_path, capsys):
    assert train(tiny_data, tmp_path / "run", variant="perceptual-cycle") == 2
    error = capsys.readouterr().err
    assert "vgg19-dcbb9e9d.pth" in error and "RECYCLEGAN_WEIGHTS" in error
    assert "--losses.perceptual-network" in error and "Traceback" not in error
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("with_vgg19")
def test_an_unknown_layer_is_named(tiny_data, tmp_path, capsys):
    flags = ["--losses.perceptual-cycle-layers", "relu1_2", "relu7_1"]
    assert train(tiny_data, tmp_path / "run", *flags, variant="perceptual-cycle") == 2
    assert "vgg19 has no layer 'relu7_1'" in " ".join(capsys.readouterr().err.split())
    assert main(["train", "perceptual-content", "--losses.content-layers"]) == 2


def test_a_run_goes_on_with_the_weights_that_its_loss_began_with(
    tiny_data, tmp_path, monkeypatch, capsys
):
    (tmp_path / "weights").mkdir()
    path, run = write_vgg(tmp_path / "weights", "vgg11"), tmp_path / "run"
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(path.parent))
    began_with = path.read_bytes()
    flags = ["--losses.perceptual-network", "vgg11", "--losses.perceptual-cycle-layers", "relu2_1"]
    assert train(tiny_data, run, *flags, variant="perceptual-cycle", steps=1) == 0
    (sitting,) = json.loads((run / "provenance.json").read_text())["sittings"]
    assert sitting["weights_sha256"] == {"vgg11": sha256(path)}
    capsys.readouterr()

    write_vgg(path.parent, "vgg11", seed=1)
    assert main(["resume", str(run), "--train.steps", "2"]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert f"weights of vgg11 of SHA-256 {sitting['weights_sha256']['vgg11']}" in error
    assert f"those found here have {sha256(path)}; put that file" in error
    assert json.loads((run / "config.json").read_text())["config"]["train"]["steps"] == 1

    path.write_bytes(began_with)
    assert main(["resume", str(run), "--train.steps", "2"]) == 0
