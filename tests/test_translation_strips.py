"""Large pictures: the same result strip by strip, without a seam, in bounded memory."""

import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan import load_translator
from recyclegan.cli.main import main
from recyclegan.errors import RunFailed, UserError
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.strips import can_be_tiled, in_strips
from recyclegan.translation.arithmetic import for_pictures
from recyclegan.variants.registry import VARIANTS
from tests.test_translation import noise, write_model


def generator(**changes):
    """A small one whose every weight, also those that start at zero, does something."""
    torch.manual_seed(0)
    small = {"features": 4, "max_features": 12, "blocks": 2, "downsamplings": 2}
    if changes.get("head") == "tanh":
        small |= {"toned": False, "head_scale": 1, "colour_pace": 1.0, "grid": 0, "paint": False}
    small |= changes
    network = ResNetGenerator(**asdict(replace(VARIANTS["recyclegan"].generator, **small)))
    initialise(network, "normal")
    for parameter in network.parameters():
        parameter.data.normal_(std=0.2)
    return network.eval().requires_grad_(False)


def picture(height, width):
    """Brighter from top to bottom: a strip's own statistics would be far from the picture's."""
    noise = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    return noise * 0.6 - 0.9 + torch.linspace(0, 1.2, height).view(1, 1, -1, 1)


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("head", ["tanh", "identity-start"])
@pytest.mark.parametrize("skips", ["none", "add", "zero-init"])
@pytest.mark.parametrize("strip_values", [1, 1500, 10**9])
def test_strips_give_the_whole_pictures_result(upsampling, head, skips, strip_values):
    """Whatever the height of the strips, down to single rows."""
    network = generator(upsampling=upsampling, head=head, skips=skips)
    given = picture(52, 44)
    torch.testing.assert_close(
        in_strips(network, given, strip_values), network(given), rtol=0, atol=2e-5
    )


@pytest.mark.parametrize("precision", ["bf16", "mixed"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_strips_keep_the_precision(precision, upsampling, monkeypatch):
    """As far from float32 as the whole picture in that precision, and less on disk."""
    network, given = generator(upsampling=upsampling), picture(52, 44)
    read, num_bytes = np.fromfile, {"fp32": 0, precision: 0}
    exact = network(given)
    for name in num_bytes:

        def counted(file, dtype, num, name=name):
            num_bytes[name] += num
            return read(file, dtype, num)

        monkeypatch.setattr(np, "fromfile", counted)
        fast = for_pictures(network, name)
        difference = (in_strips(fast, given, 1500) - exact).abs()
        assert difference.mean() < 1e-6 + 1.5 * (fast(given) - exact).abs().mean()
    share = num_bytes[precision] / num_bytes["fp32"]
    assert share == 0.5 if precision == "bf16" else 0.5 < share < 1


def test_strips_by_themselves_would_differ():
    """The test above can fail: statistics of a part give another picture."""
    network, given = generator(), picture(64, 32)
    halves = torch.cat([network(half) for half in given.chunk(2, dim=2)], dim=2)
    assert (halves - network(given)).abs().max() > 0.1
    assert can_be_tiled(network) and not can_be_tiled(generator(attention=True))


@pytest.mark.parametrize("variant", ["recyclegan", "cyclegan", "case-9"])
def test_real_variants_in_strips(variant):
    config = VARIANTS[variant].generator
    network = generator(**asdict(replace(config, features=8, max_features=16, attention=False)))
    given = picture(64, 48)
    torch.testing.assert_close(in_strips(network, given, 5000), network(given), rtol=0, atol=5e-5)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "generators.safetensors")


def test_tile_from_python_and_from_the_command_line(model, tmp_path, monkeypatch):
    picture = noise(70, 45)
    whole = np.asarray(load_translator(model, tile="off")(picture), int)
    picture.save(tmp_path / "in.png")
    for tile, tiled in (("100", True), ("auto", False), ("off", False)):
        calls = []

        def counted(*given, calls=calls):
            calls.append(given)
            return in_strips(*given)

        monkeypatch.setattr("recyclegan.translation.translator.in_strips", counted)
        out = tmp_path / f"{tile}.png"
        words = ["translate", str(model), str(tmp_path / "in.png"), str(out)]
        assert main([*words, "--direction", "a2b", "--tile", tile]) == 0
        assert bool(calls) == tiled
        assert abs(np.asarray(Image.open(out), int) - whole).max() <= 1


def test_auto_depends_on_the_picture_and_the_network_alone(tmp_path):
    above = {
        variant: load_translator(
            write_model(tmp_path / f"{variant}.safetensors", variant)
        ).tile_above
        for variant in ("recyclegan", "case-9")
    }
    assert 1280 * 720 < above["recyclegan"] < 4000 * 3000
    assert (above["case-9"] == float("inf")) == VARIANTS["case-9"].generator.attention


def test_what_cannot_be_tiled_is_said(model, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="1 or more"):
        load_translator(model, tile=0)
    attentive = next(name for name, config in VARIANTS.items() if config.generator.attention)
    with pytest.raises(UserError, match="attention"):
        load_translator(write_model(tmp_path / "g.safetensors", attentive), tile=100)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recyclegan.translation.translator.in_strips", full)
    with pytest.raises(RunFailed, match=r"No space left.*TMPDIR"):
        load_translator(model, tile=100)(noise(40, 40))


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_picture(model, tmp_path):
    """Five megapixels in strips take a fraction of what the whole does."""
    noise(2500, 2000).save(tmp_path / "in.bmp")
    code = (
        "import re, sys; from recyclegan.cli.main import main; code = main(sys.argv[1:]);"
        "print('peak', re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]);"
        "sys.exit(code)"
    )
    words = ["translate", str(model), str(tmp_path / "in.bmp"), str(tmp_path / "out.bmp")]
    answer = subprocess.run(
        [sys.executable, "-c", code, *words, "--direction", "a2b"], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout.split("peak")[1]) < 1_500_000
