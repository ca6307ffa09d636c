"""The step: which networks learn in which phase, and what the phases hand on."""

from dataclasses import replace

import pytest
import torch

from recyclegan.training.average import averaged
from recyclegan.training.precision import Precision
from recyclegan.training.state import initial_state
from recyclegan.training.step import train_step
from recyclegan.translators.cyclegan import CycleGAN
from recyclegan.translators.phase import Pictures
from recyclegan.translators.registry import make_translator
from recyclegan.translators.replay_buffer import ReplayBuffer
from recyclegan.variants.registry import VARIANTS

CPU = torch.device("cpu")


def small(name, **optimizer):
    """A variant, narrowed so that a test takes no time, and decided where it is open."""
    config = VARIANTS[name]
    precision = "fp32" if config.train.precision == "auto" else config.train.precision
    return replace(
        config,
        generator=replace(config.generator, features=8, blocks=1),
        discriminator=replace(config.discriminator, features=8),
        optimizer=replace(config.optimizer, batch=2, **optimizer),
        train=replace(config.train, precision=precision, layout="contiguous"),
    )


def pictures(side=32, batch=2):
    random = torch.Generator().manual_seed(5)
    return Pictures(*(torch.rand(batch, 3, side, side, generator=random) * 2 - 1 for _ in range(2)))


def terms_of(phase, given, progress=0.0):
    parts = [part(given, progress, torch.Generator()) for part in phase.parts]
    return {name: term for terms in parts for name, term in terms.items()}


def check_phases_train_their_networks_alone(translator, given):
    for phase in translator.phases:
        translator.networks.zero_grad(set_to_none=True)
        for name, network in translator.networks.items():
            network.requires_grad_(name in phase.trains)
        phase.loss(terms_of(phase, given)).backward()
        for name, network in translator.networks.items():
            reached = [p.grad is not None for p in network.parameters()]
            assert all(reached) if name in phase.trains else not any(reached)


def step(state, clip=0.0, number=0, progress=0.0, given=None):
    return train_step(
        state,
        [given or pictures()],
        step=number,
        progress=progress,
        clip=clip,
    )


@pytest.mark.usefixtures("with_vgg19")
@pytest.mark.parametrize("name", VARIANTS)
def test_each_phase_trains_its_networks_alone(name):
    check_phases_train_their_networks_alone(make_translator(small(name)), pictures())


def test_every_weight_of_a_generator_learns():
    """All but the biases before an InstanceNorm, which it takes out again."""
    translator = CycleGAN(small("recyclegan"))
    generators = translator.phases[0]
    generators.loss(terms_of(generators, pictures())).backward()
    for name in generators.trains:
        for path, parameter in translator.networks[name].named_parameters():
            if path.endswith("weight") or path.startswith("head"):
                assert parameter.grad.abs().max() > 1e-6, path


def test_identity_can_end_early():
    config = small("case-1")
    config = replace(config, losses=replace(config.losses, identity_until=0.5))
    translator = CycleGAN(config)
    until = 0.5
    assert "identity_a" in terms_of(translator.phases[0], pictures(), until - 0.01)
    assert "identity_a" not in terms_of(translator.phases[0], pictures(), until)


def test_lazy_phase_runs_at_its_interval_with_its_weight():
    state = initial_state(small("case-8"), CPU)
    phase = state.translator.phases[1]
    assert phase.name == "path_length" and phase.interval == 16
    ran = ["gradient_norms/path_length" in step(state, number=number) for number in (0, 1, 15, 16)]
    assert ran == [True, False, False, True]
    one = torch.ones(())
    assert phase.loss({"path_length_a2b": one, "path_length_b2a": one}).item() == 2 * 16 * 5.0


def test_path_length_goes_through_attention():
    config = small("case-9")
    config = replace(config, losses=replace(config.losses, path_length=5.0))
    assert step(initial_state(config, CPU))["gradient_norms/path_length"] > 0


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_measures_the_same_losses(precision):
    losses = []
    for name in ("fp32", precision):
        state = initial_state(small("case-4"), CPU)
        state.precision = Precision(name, CPU)
        losses.append({k: v for k, v in step(state).items() if k.startswith("losses")})
    assert losses[0].keys() == losses[1].keys()
    for key in losses[0]:
        assert losses[1][key] == pytest.approx(losses[0][key], rel=0.05)


@pytest.mark.parametrize("batch", [1, 2])
def test_bf16_gradients_agree_with_float64(batch):
    """The loss comes out in float32, and its gradients point the same way."""
    gradients = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        translator = CycleGAN(small("case-4"))
        translator.networks.to(dtype)
        given = pictures(64, batch)
        given = Pictures(given.real_a.to(dtype), given.real_b.to(dtype))
        phase = translator.phases[0]
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.float32):
            if dtype == torch.float64:
                translator.apply = lambda name, x, t=translator: t.networks[name](x)
            terms = terms_of(phase, given)
        assert all(term.dtype == dtype for term in terms.values())
        phase.loss(terms).backward()
        network = translator.networks["generator_a2b"]
        gradients.append(torch.cat([p.grad.flatten().double() for p in network.parameters()]))
    assert torch.cosine_similarity(*gradients, dim=0) > 0.93


def test_fp16_updates_the_scaler_once_a_step():
    state = initial_state(small("case-8"), CPU)
    state.precision = Precision("fp16", CPU)
    updates = []
    update = state.precision.scaler.update
    state.precision.scaler.update = lambda: updates.append(update())
    step(state, number=0)
    assert len(updates) == 1


def test_fp16_overflow_skips_the_step_and_lowers_the_scale():
    state = initial_state(small("case-4"), CPU)
    state.precision = Precision("fp16", CPU)
    state.precision.scaler.load_state_dict(state.precision.scaler.state_dict() | {"scale": 1e30})
    before = [p.clone() for p in state.generators.parameters()]
    step(state)
    assert all(
        torch.equal(p, q) for p, q in zip(state.generators.parameters(), before, strict=True)
    )
    assert state.precision.scaler.get_scale() < 1e30


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_gradient_that_is_not_finite_changes_no_weight(precision):
    state = initial_state(small("case-4"), CPU)
    state.precision = Precision(precision, CPU)
    before = [p.clone() for p in state.translator.networks.parameters()]
    broken = pictures()
    broken.real_a[0, 0, 0, 0] = float("nan")
    step(state, given=broken)
    after = state.translator.networks.parameters()
    unchanged = [torch.equal(p, q) for p, q in zip(after, before, strict=True)]
    assert all(unchanged) and state.is_finite()


def test_clipping_bounds_the_step():
    state = initial_state(small("case-1"), CPU)
    norms = step(state, clip=1e-3)
    assert norms["gradient_norms/generators"] > 1e-3
    clipped = torch.cat(
        [p.grad.flatten() for p in state.translator.networks["discriminator_a"].parameters()]
    )
    assert clipped.norm() <= 1e-3


def test_replay_buffer_fills_then_swaps_half_of_the_time():
    random = torch.Generator().manual_seed(0)
    buffer = ReplayBuffer(4)
    first = torch.arange(4.0).view(4, 1, 1, 1)
    assert torch.equal(buffer.swap(first, random), first)
    old = 0
    for number in range(400):
        new = torch.full((1, 1, 1, 1), 100.0 + number)
        old += int(not torch.equal(buffer.swap(new, random), new))
    assert 160 < old < 240
    assert len(buffer.pictures) == 4
    assert not any(picture.requires_grad for picture in buffer.pictures)


def test_replay_buffer_of_none_passes_fakes_through():
    fakes = torch.rand(3, 3, 4, 4)
    buffer = ReplayBuffer(0)
    assert torch.equal(buffer.swap(fakes, torch.Generator()), fakes)
    assert buffer.pictures == []


def test_replay_buffer_forgets_pictures_of_another_size():
    buffer, random = ReplayBuffer(2), torch.Generator()
    buffer.swap(torch.zeros(2, 3, 4, 4), random)
    fakes = torch.ones(1, 3, 8, 8)
    assert torch.equal(buffer.swap(fakes, random), fakes)
    assert [picture.shape for picture in buffer.pictures] == [(3, 8, 8)]


def test_average_forgets_its_random_start():
    """After 50 updates the average is near the weights, whatever its final decay."""
    network = torch.nn.ModuleDict({"g": torch.nn.Linear(10, 10)})
    average = averaged(network, decay=0.9999)
    with torch.no_grad():
        for _ in range(50):
            for parameter in network.parameters():
                parameter.add_(0.01)
            average.update_parameters(network)
    now, mean = network["g"].weight, average.module["g"].weight
    assert (now - mean).norm() / now.norm() < 0.2
    assert not mean.requires_grad
