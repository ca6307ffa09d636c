"""Options of the losses in a training step: off they change nothing, on they do what they say."""

from dataclasses import replace

import pytest
import torch

from recyclegan.errors import UserError
from recyclegan.training.device import choose_device
from recyclegan.training.state import initial_state
from recyclegan.translators.phase import Pictures
from recyclegan.translators.registry import make_translator
from tests.test_training_step import flat_gradient
from tests.test_translator import (
    CPU,
    check_phases_train_their_networks_alone,
    pictures,
    small,
    step,
    terms_of,
)


def with_losses(name="recyclegan", replay_buffer=2, **losses):
    config = small(name, replay_buffer=replay_buffer)
    return replace(config, losses=replace(config.losses, **losses))


def weights_after(config, num=3, progress=0.5):
    """Return what every network is after some steps, and what these measured."""
    state = initial_state(config, CPU)
    scalars = [step(state, number=number, progress=progress) for number in range(num)]
    return torch.cat(
        [p.detach().flatten() for p in state.translator.networks.parameters()]
    ), scalars


@pytest.mark.parametrize(
    "losses",
    [{"cycle_final": 5.0}, {"gradient_penalty_interval": 1}, {"jacobian_clamp_interval": 1}],
)
def test_an_option_that_asks_for_nothing_changes_no_bit(losses):
    (plain, before), (with_option, after) = map(
        weights_after, (with_losses(), with_losses(**losses))
    )
    assert torch.equal(plain, with_option) and before == after


def test_cycle_weight_moves_in_a_straight_line():
    phase = make_translator(with_losses(cycle=10.0, cycle_final=2.0)).phases[0]
    one = {"cycle_a": torch.ones(()), "adversarial_a2b": torch.ones(())}
    found = [phase.loss(one, progress).item() for progress in (0.0, 0.25, 0.5, 1.0)]
    assert found == pytest.approx([11.0, 9.0, 7.0, 3.0])
    assert phase.loss(one) == phase.loss(one, 0.0)


def test_the_step_uses_the_weight_of_its_time():
    """Weight 4 falling to 0 is, half way, weight 2: to the bit."""
    falling, constant = with_losses(cycle=4.0, cycle_final=0.0), with_losses(cycle=2.0)
    (one, scalars), (other, others) = (weights_after(c, progress=0.5) for c in (falling, constant))
    assert torch.equal(one, other) and scalars == others


def test_a_low_passed_cycle_is_what_is_logged():
    exact, passed = (
        weights_after(with_losses(cycle_low_pass=k), 1)[1][0]["losses/cycle_a"] for k in (1, 8)
    )
    assert 0 < passed < exact


@pytest.mark.parametrize("variant", ["recyclegan", "cut"])
def test_the_penalty_has_a_phase_of_its_own(variant):
    config = with_losses(variant, gradient_penalty=2.0, gradient_penalty_interval=4)
    state = initial_state(config, CPU)
    phase = state.translator.phases[-1]
    assert (phase.name, phase.interval, phase.mixed_precision) == ("gradient_penalty", 4, False)
    assert phase.loss({"gradient_penalty_b": torch.ones(())}) == 2.0 * 4
    scalars = [step(state, number=number) for number in range(5)]
    assert ["losses/gradient_penalty_b" in s for s in scalars] == [True, False, False, False, True]
    assert scalars[0]["losses/gradient_penalty_b"] > 0


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("variant", ["recyclegan", "case-9"])
def test_gradients_of_the_penalty_agree_with_float64(variant, batch, layout):
    """Second derivatives through convolutions and InstanceNorm, in every memory format."""
    gradients = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        translator = make_translator(with_losses(variant, gradient_penalty=1.0))
        if dtype == torch.float64:
            translator.apply = lambda name, x, t=translator: t.networks[name](x)
            translator.networks.double()
        else:
            translator.networks.to(memory_format=layout)
        given = pictures(32, batch)
        given.translated = {"a": given.real_b.flip(-1), "b": given.real_a.flip(-1)}
        for name in ("real_a", "real_b"):
            setattr(given, name, getattr(given, name).to(dtype))
        given.translated = {d: x.to(dtype) for d, x in given.translated.items()}
        phase = translator.phases[-1]
        phase.loss(terms_of(phase, given)).backward()
        for name in phase.trains:
            # The last bias moves no slope.
            translator.networks[name].layers[-1].bias.grad = torch.zeros(1, dtype=dtype)
        gradients.append(torch.cat([flat_gradient(translator.networks[n]) for n in phase.trains]))
    assert (gradients[0] - gradients[1]).norm() / gradients[1].norm() < 1e-4


def test_a_large_penalty_flattens_the_discriminators():
    config = with_losses(gradient_penalty=100.0, gradient_penalty_interval=1)
    config = replace(config, discriminator=replace(config.discriminator, norm="instance"))
    _, scalars = weights_after(config, 25)
    found = [s["losses/gradient_penalty_a"] for s in scalars]
    assert found[-1] < found[0] / 2


def test_the_clamp_leaves_an_identity_start_alone():
    """The gain of a copy at 98 % of its contrast lies within the bounds."""
    for clamp in (0.0, 3.0):
        state = initial_state(with_losses(jacobian_clamp=clamp), CPU)
        scalars = step(state)
        phases = [phase.name for phase in state.translator.phases]
        assert ("jacobian_clamp" in phases) == bool(clamp)
    assert scalars["losses/jacobian_clamp_a2b"] == scalars["losses/jacobian_clamp_b2a"] == 0
    config = with_losses(jacobian_clamp=1.0, jacobian_least=1.0)
    config = replace(config, generator=replace(config.generator, paint=False))
    translator = make_translator(config)
    terms = terms_of(translator.phases[1], pictures())
    assert terms["jacobian_clamp_a2b"].item() == pytest.approx(0.02**2, rel=0.1)


@pytest.mark.usefixtures("keep_float64")
@pytest.mark.parametrize("batch", [1, 2])
def test_gradients_of_the_clamp_agree_with_float64(batch):
    """A grey level is small, yet float32 tells how much a generator makes of it."""
    gradients = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        translator = make_translator(with_losses(jacobian_clamp=1.0, jacobian_least=2.0))
        for name in ("generator_a2b", "generator_b2a"):
            torch.nn.init.normal_(translator.networks[name].head.convolution.weight, std=0.02)
        translator.networks.to(dtype)
        if dtype == torch.float64:
            translator.apply = lambda name, x, t=translator: t.networks[name](x)
        single = pictures(32, batch)
        given = Pictures(single.real_a.to(dtype), single.real_b.to(dtype))
        phase = translator.phases[1]
        phase.loss(terms_of(phase, given)).backward()
        network = translator.networks["generator_a2b"]
        gradients.append(torch.cat([p.grad.flatten().double() for p in network.parameters()]))
    assert torch.cosine_similarity(*gradients, dim=0) > 0.999


@pytest.mark.parametrize("variant", ["recyclegan", "cut"])
def test_relativistic_generators_see_real_logits_without_gradient(variant):
    config = with_losses(variant, replay_buffer=0, adversarial="relativistic")
    translator = make_translator(config)
    given = pictures()
    terms = terms_of(translator.phases[0], given)
    judge = translator.networks["discriminator_b"].eval()
    difference = judge(given.real_b) - judge(given.translated["b"])
    expected = torch.nn.functional.softplus(difference).mean()
    assert terms["adversarial_a2b"].item() == pytest.approx(expected.item(), rel=1e-5)
    check_phases_train_their_networks_alone(translator, given)


def test_other_losses_call_a_discriminator_once_for_each_direction():
    for kind, calls in (("lsgan", 2), ("relativistic", 4)):
        translator = make_translator(with_losses(replay_buffer=0, adversarial=kind))
        seen = []
        for name in ("discriminator_a", "discriminator_b"):
            translator.networks[name].register_forward_hook(lambda *_, s=seen: s.append(0))
        terms_of(translator.phases[0], pictures())
        assert len(seen) == calls


def test_relativistic_takes_no_earlier_translations():
    with pytest.raises(UserError, match=r"--optimizer\.replay-buffer 0"):
        make_translator(with_losses(replay_buffer=50, adversarial="relativistic"))


def test_compiling_and_second_derivatives_exclude_each_other():
    config = with_losses(gradient_penalty=1.0)
    config = replace(config, train=replace(config.train, compile=True, device="cpu"))
    with pytest.raises(UserError, match=r"--losses\.gradient-penalty"):
        choose_device(config)
