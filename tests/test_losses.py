"""Losses: closed forms, invariances, float64 gradients, and what must not reach a network."""

import math
from itertools import product

import pytest
import torch
from torch.autograd import gradcheck

from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.losses.cycle import cycle
from recyclegan.losses.diff_augment import diff_augment
from recyclegan.losses.gradient_penalty import gradient_penalty
from recyclegan.losses.identity import identity
from recyclegan.losses.jacobian_clamp import GREY_LEVEL, jacobian_clamp
from recyclegan.losses.path_length import PathLength

LOG2 = math.log(2)


def patches(*values):
    return torch.tensor(values, dtype=torch.float64).view(1, 1, 1, -1).requires_grad_()


def never():
    raise AssertionError("this loss has no use for logits of real pictures")


@pytest.mark.parametrize(
    ("kind", "fooled", "undecided"),
    [("bce", 0.0, LOG2), ("lsgan", 0.0, 0.25), ("hinge", -30.0, -0.5)],
)
def test_generator_side_in_closed_form(kind, fooled, undecided):
    loss = ADVERSARIAL[kind]
    sure = 1.0 if kind == "lsgan" else 30.0
    middle = 0.5 if kind != "bce" else 0.0
    assert loss.generator(never, patches(sure)).item() == pytest.approx(fooled, abs=1e-9)
    assert loss.generator(never, patches(middle)).item() == pytest.approx(undecided)


@pytest.mark.parametrize(
    ("kind", "undecided", "at"), [("bce", 2 * LOG2, 0.0), ("lsgan", 0.25, 0.5), ("hinge", 2.0, 0.0)]
)
def test_discriminator_side_in_closed_form(kind, undecided, at):
    loss = ADVERSARIAL[kind]
    assert loss.discriminator(patches(at), patches(at)).item() == pytest.approx(undecided)
    right = (1.0, 0.0) if kind == "lsgan" else (40.0, -40.0)
    assert loss.discriminator(*map(patches, right)).item() == pytest.approx(0, abs=1e-9)


def test_relativistic_sides_in_closed_form():
    """Only the difference at a place counts; what one side wins the other loses."""
    loss = ADVERSARIAL["relativistic"]
    real, fake = patches(0.3, -2.0), patches(1.3, 1.0)
    log = [math.log1p(math.exp(d)) for d in (1.0, 3.0, -1.0, -3.0)]
    assert loss.discriminator(real, fake).item() == pytest.approx((log[0] + log[1]) / 2)
    assert loss.generator(lambda: real, fake).item() == pytest.approx((log[2] + log[3]) / 2)
    assert torch.allclose(loss.discriminator(real + 7, fake + 7), loss.discriminator(real, fake))
    assert loss.accuracy(real, fake) == 0


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_loss_is_taken_before_the_mean_over_patches(kind):
    """Patches that cancel on average still count: pooling first would hide them."""
    spread, pooled = patches(-2.0, 3.0), patches(0.5, 0.5)
    loss = ADVERSARIAL[kind].discriminator
    assert loss(spread, spread.flip(-1)) > loss(pooled, pooled) + 0.1


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_adversarial_gradients(kind):
    loss = ADVERSARIAL[kind]
    real, fake = patches(-0.7, 0.2, 1.6), patches(0.4, -1.3, 0.9)
    assert gradcheck(lambda fake: loss.generator(real.detach, fake), fake)
    assert gradcheck(loss.discriminator, (real, fake))


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_accuracy_counts_patches(kind):
    loss = ADVERSARIAL[kind]
    assert loss.accuracy(patches(2.0, 2.0), patches(-2.0, -2.0)) == 1
    assert loss.accuracy(patches(2.0, -2.0), patches(-2.0, 2.0)) == 0.5


@pytest.mark.parametrize("term", [cycle, identity])
def test_absolute_difference_terms(term):
    x = torch.rand(2, 3, 4, 4, dtype=torch.float64)
    assert term(x, x) == 0
    assert term(x + 0.25, x).item() == pytest.approx(0.25)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_low_passed_cycle_compares_means(k):
    random = torch.Generator().manual_seed(0)
    one, other = (torch.rand(2, 3, 8, 8, generator=random, dtype=torch.float64) for _ in range(2))
    wanted = 0.0
    for picture, channel, y, x in product(range(2), range(3), range(0, 8, k), range(0, 8, k)):
        area = (picture, channel, slice(y, y + k), slice(x, x + k))
        wanted += abs(one[area].mean() - other[area].mean()).item() / (6 * (8 // k) ** 2)
    assert cycle(one, other, k).item() == pytest.approx(wanted)
    assert torch.equal(cycle(one, other, 1), cycle(one, other))
    assert gradcheck(lambda x: cycle(x, other, k), one.requires_grad_())


def test_a_low_passed_cycle_lets_detail_go_but_no_light():
    real = torch.zeros(1, 3, 8, 8)
    board = (torch.arange(8) % 2 * 2.0 - 1).expand(1, 3, 8, 8)
    assert cycle(real + board, real) == 1 and cycle(real + board, real, 2) == 0
    assert cycle(real + 0.25, real, 8).item() == pytest.approx(0.25)


def test_gradient_penalty_in_closed_form():
    """For D(x) = w.x in each of P equal patches the slope is w, wherever a picture lies."""
    weight = torch.randn(3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    real, fake = torch.rand(2, 3, 4, 4).double(), -torch.rand(2, 3, 4, 4).double()

    def judge(x):
        return (x * weight).sum(dim=(1, 2, 3)).view(-1, 1, 1, 1).expand(-1, 1, 5, 5)

    term = gradient_penalty(judge, real, fake, torch.Generator())
    assert term.item() == pytest.approx(weight.square().sum().item())
    flat = gradient_penalty(lambda x: 0 * judge(x) + 3, real, fake, torch.Generator())
    assert flat == 0


def test_gradient_penalty_is_the_mean_over_mixes():
    """D(x) = |x|^2/2 has the slope x, so the penalty is what the mixes themselves measure."""
    real, fake = torch.rand(3, 3, 4, 4).double(), -torch.rand(3, 3, 4, 4).double()
    term = gradient_penalty(
        lambda x: x.square().sum(1, keepdim=True).sum((2, 3), keepdim=True) / 2,
        real,
        fake,
        torch.Generator().manual_seed(4),
    )
    shares = torch.rand(3, 1, 1, 1, generator=torch.Generator().manual_seed(4)).double()
    sums = [
        (s * x + (1 - s) * y).square().sum() for s, x, y in zip(shares, real, fake, strict=True)
    ]
    assert term.item() == pytest.approx(sum(sums).item() / 3)


def test_gradient_penalty_passes_gradcheck():
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.rand(2, 3, 4, 4, generator=random, dtype=torch.float64) for _ in range(2))
    weight = torch.randn(2, 3, 3, 3, generator=random, dtype=torch.float64, requires_grad=True)

    def term(weight):
        return gradient_penalty(
            lambda x: torch.nn.functional.conv2d(x, weight).tanh(), real, fake, torch.Generator()
        )

    assert gradcheck(term, weight)


def linear(scale):
    return lambda x: scale * x


def clamped(generate, real, least=0.5, most=5.0):
    return jacobian_clamp(generate, real, torch.Generator().manual_seed(0), least=least, most=most)


@pytest.mark.parametrize(("gain", "beyond"), [(0.1, 0.4), (0.5, 0), (1, 0), (5, 0), (7.0, 2.0)])
def test_jacobian_clamp_of_a_linear_map(gain, beyond):
    """For G(x) = s x the gain is s at any picture, also where noise is cut off at white."""
    for real in (torch.rand(2, 3, 8, 8).double(), torch.ones(1, 3, 8, 8).double()):
        loss = clamped(linear(gain), real)
        assert loss.item() == pytest.approx(beyond**2, abs=1e-5)


def test_jacobian_clamp_is_the_loop_written_out_and_a_mean_over_pictures():
    real = torch.rand(3, 3, 4, 4).double() * 1.8 - 0.9
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0)).double()
    wanted = 0.0
    for x, n in zip(real, noise * GREY_LEVEL, strict=True):
        change = torch.tensor(
            [
                math.sin(9 * v) - math.sin(9 * u)
                for u, v in zip(x.flatten().tolist(), (x + n).flatten().tolist(), strict=True)
            ]
        )
        wanted += max(change.norm().item() / n.norm().item() - 2, 0) ** 2 / 3
    assert clamped(lambda x: torch.sin(9 * x), real, 0.0, 2.0).item() == pytest.approx(
        wanted, rel=1e-4
    )
    assert wanted > 1


def test_jacobian_clamp_gradients():
    real = torch.rand(2, 3, 4, 4).double() * 1.8 - 0.9
    weight = torch.tensor(9.0, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda w: clamped(lambda x: torch.sin(w * x), real, 0.0, 2.0), weight)
    dead = torch.zeros((), dtype=torch.float64, requires_grad=True)
    clamped(lambda x: dead * x, real).backward()
    assert dead.grad.isfinite()


def test_path_length_of_a_linear_map():
    """For G(x) = s x the length is s |y|, near s; the target starts there, not at zero."""
    term = PathLength(decay=0.9)
    picture = torch.rand(4, 3, 16, 16)
    loss = term(linear(3.0), picture, torch.Generator().manual_seed(0))
    assert term.target == pytest.approx(3.0, rel=0.05)
    assert loss.item() < 0.01


def test_path_length_does_not_depend_on_scale():
    losses = []
    for scale in (1.0, 1000.0):
        term = PathLength(decay=0.9)
        picture = torch.rand(2, 3, 8, 8)
        losses.append(term(linear(scale), picture, torch.Generator().manual_seed(0)).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_path_length_target_follows_and_survives_a_checkpoint():
    term, picture = PathLength(decay=0.5), torch.rand(1, 3, 8, 8)
    random = torch.Generator().manual_seed(0)
    term(linear(1.0), picture, random)
    first = term.target
    loss = term(linear(2.0), picture, random)
    assert first < term.target < 2 * first
    assert loss.item() > 0.05
    twin = PathLength(decay=0.5)
    twin.load_state_dict(term.state_dict())
    assert twin.target == term.target


def test_path_length_gradient_of_a_dead_generator_is_finite():
    """Where a generator ignores its input, a plain root would have an infinite slope."""
    weight = torch.zeros((), requires_grad=True)
    term = PathLength(decay=0.9)
    term.target = 1.0
    term(lambda x: weight * x, torch.rand(1, 3, 8, 8), torch.Generator()).backward()
    assert weight.grad.isfinite()


def test_path_length_gradient_agrees_with_differences():
    picture = torch.rand(2, 3, 4, 4)

    def loss(weight):
        term = PathLength(decay=0.99)
        term.target = 0.7
        return term(
            lambda x: torch.tanh(weight * x.double()), picture, torch.Generator().manual_seed(1)
        )

    weight = torch.tensor(0.8, dtype=torch.float64, requires_grad=True)
    loss(weight).backward()
    step = 1e-4
    # The target moves with the weight and is a constant for the gradient: hold it still.
    moved = [loss(weight.detach() + sign * step).item() for sign in (1, -1)]
    assert weight.grad.item() == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=0.05)


def test_diff_augment_moves_and_hides_the_same_for_the_same_chance():
    pictures = torch.rand(2, 3, 32, 32) + 1
    one, two = (diff_augment(pictures, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one[0], diff_augment(pictures, torch.Generator().manual_seed(4))[0])
    hidden = (one[:, 0] == 0).float().mean(dim=(1, 2))
    assert (hidden > 0).all() and (hidden < 0.5).all()


def test_diff_augment_keeps_colours_and_passes_gradients():
    """What is left of a picture keeps its values: brightness tells day from night."""
    pictures = (
        (torch.arange(32.0 * 32).view(1, 1, 32, 32).expand(1, 3, 32, 32) + 1)
        .clone()
        .requires_grad_()
    )
    out = diff_augment(pictures, torch.Generator().manual_seed(0))
    left = out[0, 0][out[0, 0] != 0]
    assert torch.isin(left, pictures[0, 0]).all()
    out.sum().backward()
    assert torch.equal(pictures.grad[0, 0] != 0, torch.isin(pictures[0, 0], left))
