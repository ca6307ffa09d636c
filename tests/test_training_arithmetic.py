"""What a training computes in: nothing that is wrong, then what is fastest, found out once."""

import json
from dataclasses import replace

import pytest
import torch

from recyclegan.errors import UserError
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.remembered import remembered
from recyclegan.training import arithmetic
from recyclegan.training.arithmetic import LAYOUTS, Arithmetic, choose_arithmetic, is_right
from recyclegan.training.device import choose_device
from recyclegan.training.precision import Precision
from recyclegan.variants.registry import VARIANTS
from tests.small_run import train
from tests.test_translator import CPU, small


def undecided(name):
    return replace(small(name), train=VARIANTS[name].train)


HALF = Precision("amp", CPU).name


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_gradients_of_every_choice_are_right_here(precision, layout):
    assert is_right(Arithmetic(precision, layout), CPU)


class WrongForOne(torch.autograd.Function):
    """What some kernels do: the output is right, the gradient for a single picture is not."""

    @staticmethod
    def forward(ctx, x):
        ctx.wrong = len(x) == 1 and x.is_contiguous(memory_format=torch.channels_last)
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return 0.3 * gradient if ctx.wrong else gradient


def test_a_layout_with_wrong_gradients_is_never_offered(monkeypatch):
    norm = InstanceNorm.forward
    monkeypatch.setattr(InstanceNorm, "forward", lambda self, x: norm(self, WrongForOne.apply(x)))
    assert is_right(Arithmetic("fp32", "contiguous"), CPU)
    assert not is_right(Arithmetic("fp32", "channels-last"), CPU)
    assert not is_right(Arithmetic("bf16", "channels-last"), CPU)
    config = undecided("recyclegan")
    config = replace(config, train=replace(config.train, precision="fp32"))
    chosen, remark = choose_arithmetic(config, CPU)
    assert chosen.train.layout == "contiguous"
    assert "wrong gradients in fp32 channels-last" in remark


@pytest.fixture
def seconds(monkeypatch, tmp_path):
    """Give each choice a time of one's own; what was asked for is listed."""
    times = dict.fromkeys(("fp32 contiguous", "fp32 channels-last"), 1.0)
    times |= dict.fromkeys((f"{HALF} contiguous", f"{HALF} channels-last"), 1.0)
    asked = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        arithmetic, "_seconds", lambda c, *_: asked.append(" ".join(c)) or times[" ".join(c)]
    )
    return times, asked


def test_the_fastest_is_taken_and_remembered(seconds):
    times, asked = seconds
    times["fp32 channels-last"] = 0.5
    config = undecided("cyclegan")
    for _ in range(2):
        chosen, remark = choose_arithmetic(config, CPU)
        assert (chosen.train.precision, chosen.train.layout) == ("fp32", "channels-last")
        assert "2.0 times as fast as fp32 contiguous" in remark
    assert sorted(asked) == sorted(times)
    choose_arithmetic(replace(config, images=replace(config.images, size=64)), CPU)
    assert len(asked) == 2 * len(times)


def test_a_gain_too_small_to_matter_changes_nothing(seconds):
    seconds[0]["fp32 channels-last"] = 0.97
    chosen, _ = choose_arithmetic(undecided("cyclegan"), CPU)
    assert (chosen.train.precision, chosen.train.layout) == ("fp32", "contiguous")


def test_what_is_chosen_by_hand_is_not_measured(seconds):
    config = undecided("recyclegan")
    by_hand = replace(config.train, precision="fp32", layout="channels-last")
    config = replace(config, train=by_hand)
    assert choose_arithmetic(config, CPU) == (config, "")
    assert seconds[1] == []


def test_measuring_takes_no_random_numbers():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    arithmetic._seconds(Arithmetic("fp32", "contiguous"), small("case-1"), (1, 3, 32, 32), CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_answers_survive_a_damaged_file(tmp_path):
    path = tmp_path / "deep" / "answers.json"
    assert remembered(path, "colour", lambda: "red") == "red"
    assert remembered(path, "colour", lambda: "blue") == "red"
    path.write_text("{")
    assert remembered(path, "colour", lambda: "blue") == "blue"
    assert list(json.loads(path.read_text()).values()) == ["blue"]
    assert remembered(tmp_path / "deep" / "answers.json" / "no", "x", lambda: 1) == 1


def test_the_run_says_and_records_the_choice(tiny_data, tmp_path, capsys):
    assert train(tiny_data, tmp_path / "run") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Measured on this machine:" in said and "--train.precision and --train.layout" in said
    recorded = json.loads((tmp_path / "run" / "config.json").read_text())["config"]["train"]
    assert "auto" not in (recorded["precision"], recorded["layout"])


def test_channels_last_trains(tiny_data, tmp_path):
    assert train(tiny_data, tmp_path / "run", "--train.layout", "channels-last") == 0


def test_compiling_has_no_second_derivatives():
    config = VARIANTS["case-8"]
    with pytest.raises(UserError, match=r"--losses\.path-length"):
        choose_device(replace(config, train=replace(config.train, compile=True)))


def test_compiling_needs_a_compiler(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    config = VARIANTS["cyclegan"]
    with pytest.raises(UserError, match="no-such-compiler"):
        choose_device(replace(config, train=replace(config.train, compile=True, device="cpu")))


@pytest.mark.slow
def test_a_compiled_step_is_the_plain_one():
    from recyclegan.training.state import initial_state
    from tests.test_translator import step

    scalars = []
    for compiled in (False, True):
        config = small("case-1")
        config = replace(config, train=replace(config.train, compile=compiled))
        scalars.append(step(initial_state(config, CPU)))
    assert scalars[0].keys() == scalars[1].keys()
    for name, value in scalars[0].items():
        assert scalars[1][name] == pytest.approx(value, rel=1e-3), name
