"""Losses: closed forms, invariances, float64 gradients, and what must not reach a network."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.losses.cycle import cycle
from recyclegan.losses.diff_augment import diff_augment
from recyclegan.losses.identity import identity
from recyclegan.losses.path_length import PathLength

LOG2 = math.log(2)


def patches(*values):
    return torch.tensor(values, dtype=torch.float64).view(1, 1, 1, -1).requires_grad_()


@pytest.mark.parametrize(
    ("kind", "fooled", "undecided"),
    [("bce", 0.0, LOG2), ("lsgan", 0.0, 0.25), ("hinge", -30.0, -0.5)],
)
def test_generator_side_in_closed_form(kind, fooled, undecided):
    loss = ADVERSARIAL[kind]
    sure = 1.0 if kind == "lsgan" else 30.0
    middle = 0.5 if kind != "bce" else 0.0
    assert loss.generator(patches(sure)).item() == pytest.approx(fooled, abs=1e-9)
    assert loss.generator(patches(middle)).item() == pytest.approx(undecided)


@pytest.mark.parametrize(
    ("kind", "undecided", "at"), [("bce", 2 * LOG2, 0.0), ("lsgan", 0.25, 0.5), ("hinge", 2.0, 0.0)]
)
def test_discriminator_side_in_closed_form(kind, undecided, at):
    loss = ADVERSARIAL[kind]
    assert loss.discriminator(patches(at), patches(at)).item() == pytest.approx(undecided)
    right = (1.0, 0.0) if kind == "lsgan" else (40.0, -40.0)
    assert loss.discriminator(*map(patches, right)).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_loss_is_taken_before_the_mean_over_patches(kind):
    """Patches that cancel on average still count: pooling first would hide them."""
    spread, pooled = patches(-2.0, 3.0), patches(0.5, 0.5)
    loss = ADVERSARIAL[kind].discriminator
    assert loss(spread, spread) > loss(pooled, pooled) + 0.1


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_adversarial_gradients(kind):
    loss = ADVERSARIAL[kind]
    real, fake = patches(-0.7, 0.2, 1.6), patches(0.4, -1.3, 0.9)
    assert gradcheck(loss.generator, fake)
    assert gradcheck(loss.discriminator, (real, fake))


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_accuracy_counts_patches(kind):
    loss = ADVERSARIAL[kind]
    assert loss.accuracy(patches(2.0, 2.0), patches(-2.0, -2.0)) == 1
    assert loss.accuracy(patches(2.0, -2.0), patches(2.0, -2.0)) == 0.5


@pytest.mark.parametrize("term", [cycle, identity])
def test_absolute_difference_terms(term):
    x = torch.rand(2, 3, 4, 4, dtype=torch.float64)
    assert term(x, x) == 0
    assert term(x + 0.25, x).item() == pytest.approx(0.25)


def linear(scale):
    return lambda x: scale * x


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
