"""The fast step computes what the plain one does: losses and gradients, in every memory format."""

import copy
import threading
from dataclasses import replace

import pytest
import torch

from benchmarks.plain_step import discriminator_loss, generator_loss, use_plain_layers
from recyclegan.networks.convolution import FewChannelsConv2d, MirroredConv2d, mirror
from recyclegan.networks.spectral_norm import SpectralConv2d
from recyclegan.training.side_by_side import SideBySide
from recyclegan.training.state import initial_state
from recyclegan.translators.cyclegan import CycleGAN
from recyclegan.translators.phase import Pictures
from tests.test_translator import CPU, pictures, small, step


@pytest.mark.usefixtures("keep_float64")
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("identity", [0.0, 5.0])
@pytest.mark.parametrize("name", ["cyclegan", "case-9", "recyclegan"])
def test_losses_and_gradients_are_those_of_the_plain_step(name, identity, batch, layout):
    """Float32 and batched calls against float64 and a call for each picture and term.

    A wrong gradient is wrong at every seed. At some, a value lies so near the kink of |x| or ReLU
    that float32 takes the other side of it than float64 (an error of 1e-3, the plain step's too).
    """
    assert min(gradient_error(name, identity, batch, layout, seed) for seed in range(3)) < 1e-5


def gradient_error(name, identity, batch, layout, seed):
    """The largest relative error of a network's gradient; the losses must agree."""
    torch.manual_seed(seed)
    config = small(name)
    config = replace(config, losses=replace(config.losses, identity=identity))
    translator = CycleGAN(config)
    for module in translator.networks.modules():
        if isinstance(module, SpectralConv2d):
            module.eval()  # Its estimate moves once a pass, of which the plain step has more.
    plain = copy.deepcopy(translator.networks).double()
    use_plain_layers(plain)
    translator.networks.to(memory_format=layout)
    single = pictures(32, batch)
    exact = [single.real_a.double(), single.real_b.double()]
    given = Pictures(*(x.to(torch.float32, memory_format=layout) for x in exact))
    loss, fakes = generator_loss(plain, *exact, config.losses)
    judged = [
        discriminator_loss(plain[f"discriminator_{d}"], real, fakes[d].detach(), config.losses)
        for d, real in zip("ab", exact, strict=True)
    ]
    errors = []
    generators, *_, discriminators = translator.phases
    for phase, expected in ((generators, loss), (discriminators, sum(judged))):
        translator.networks.zero_grad()
        plain.zero_grad()
        parts = [part(given, 0.0, torch.Generator()) for part in phase.parts]
        ours = sum(phase.loss(terms) for terms in parts)
        assert ours.item() == pytest.approx(expected.item(), rel=1e-5)
        ours.backward()
        expected.backward()
        for network in phase.trains:
            true = flat_gradient(plain[network])
            error = flat_gradient(translator.networks[network]) - true
            errors.append(float(error.norm() / true.norm()))
    return max(errors)


def flat_gradient(network):
    return torch.cat([p.grad.flatten().double() for p in network.parameters()])


@pytest.mark.parametrize("name", ["case-8", "cyclegan", "recyclegan"])
def test_parts_at_once_give_what_parts_one_after_another_give(name, set_threads):
    """To the bit: the same calls, whichever part ends first."""
    states = []
    for num_threads in (2, 1):
        set_threads(num_threads)
        state = initial_state(small(name, diff_augment=True, replay_buffer=2), CPU)
        assert (state.side_by_side.pool is not None) == (num_threads == 2)
        scalars = [step(state, number=number) for number in range(4)]
        states.append((state, scalars))
    (one, scalars_of_one), (other, scalars_of_other) = states
    assert scalars_of_one == scalars_of_other
    assert [*scalars_of_one[0]] == [*scalars_of_other[0]]
    for p, q in zip(
        one.translator.networks.parameters(), other.translator.networks.parameters(), strict=True
    ):
        torch.testing.assert_close(p, q, atol=0, rtol=0)


def test_side_by_side_keeps_order_and_runs_at_once(set_threads):
    set_threads(2)
    two = SideBySide(CPU)
    meeting = threading.Barrier(2, timeout=60)
    assert two([lambda: (meeting.wait(), 1)[1], lambda: (meeting.wait(), 2)[1]]) == [1, 2]
    assert torch.get_num_threads() == 2


def test_side_by_side_passes_errors_on(set_threads):
    set_threads(2)
    with pytest.raises(ZeroDivisionError):
        SideBySide(CPU)([lambda: 1 // 0, lambda: 1])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("channels", "kernel"), [(3, 7), (6, 7), (1, 3)])
def test_few_channels_are_the_plain_convolution(channels, kernel, batch, layout):
    torch.manual_seed(0)
    fast = FewChannelsConv2d(5, channels, kernel).double().to(memory_format=layout)
    plain = MirroredConv2d(5, channels, kernel).double()
    plain.load_state_dict(fast.state_dict())
    x = torch.randn(batch, 5, 9, 12, dtype=torch.float64).to(memory_format=layout)
    results = []
    for convolution in (fast, plain):
        given = x.clone().requires_grad_()
        made = convolution(given)
        made.square().sum().backward()
        results.append((made, given.grad, convolution.weight.grad, convolution.bias.grad))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_few_channels_pass_gradcheck():
    torch.manual_seed(0)
    convolution = FewChannelsConv2d(2, 3, 3).double()
    x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(convolution, x)
    assert torch.autograd.gradgradcheck(convolution, x)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (7, 1)])
def test_mirrored_borders_are_torchs(kernel, stride, layout):
    torch.manual_seed(0)
    ours = MirroredConv2d(3, 4, kernel, stride)
    theirs = torch.nn.Conv2d(3, 4, kernel, stride, padding=kernel // 2, padding_mode="reflect")
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, 8, 10).to(memory_format=layout)
    gradients = []
    for convolution in (ours, theirs):
        given = x.clone().requires_grad_()
        assert torch.equal(convolution(given), convolution(x))
        convolution(given).square().sum().backward()
        gradients.append(given.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("shape", [(1, 2, 4, 5), (2, 1, 9, 4)])
def test_mirroring_passes_gradcheck(shape):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    for reach in (1, 3):
        assert torch.autograd.gradcheck(lambda maps, r=reach: mirror(maps, r), x)
        assert torch.autograd.gradgradcheck(lambda maps, r=reach: mirror(maps, r), x)


def test_mirroring_keeps_the_maps_in_half_precision():
    with torch.autocast("cpu", torch.bfloat16):
        maps = MirroredConv2d(3, 4, 3)(torch.randn(1, 3, 8, 8))
        assert maps.dtype == mirror(maps, 1).dtype == torch.bfloat16
