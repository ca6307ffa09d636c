"""The plain training step of CycleGAN's public implementation, to compare with.

Float32, six generator calls, each discriminator call by itself, torch's own layers and Adam,
scalars read one by one; what it computes is what `recyclegan train` computes.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.optim import Adam

from recyclegan.config import Config, LossConfig
from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.networks.convolution import MirroredConv2d
from recyclegan.networks.instance_norm import InstanceNorm
from recyclegan.translators.cyclegan import CycleGAN
from recyclegan.translators.replay_buffer import ReplayBuffer


class PlainStep:
    """A training of its own, one step a call."""

    def __init__(self, config: Config) -> None:
        self.random = torch.Generator().manual_seed(config.seed)
        self.losses = config.losses
        self.networks = CycleGAN(config).networks
        use_plain_layers(self.networks)
        self.buffers = {d: ReplayBuffer(config.optimizer.replay_buffer) for d in "ab"}
        settings = config.optimizer
        rates = {"generator": settings.lr_generator, "discriminator": settings.lr_discriminator}
        self.optimizers = {
            kind: Adam(
                self._parameters(kind), rate, (settings.beta1, settings.beta2), foreach=False
            )
            for kind, rate in rates.items()
        }

    def __call__(self, real_a: Tensor, real_b: Tensor) -> dict[str, float]:
        """Take a step with pictures (N,3,H,W) in [-1, 1]; return its losses."""
        self._freeze_discriminators(True)
        self.optimizers["generator"].zero_grad()
        loss, fakes = generator_loss(self.networks, real_a, real_b, self.losses)
        torch.autograd.backward(loss)
        self.optimizers["generator"].step()
        scalars = {"generators": loss.item()}
        self._freeze_discriminators(False)
        self.optimizers["discriminator"].zero_grad()
        for domain, real in (("a", real_a), ("b", real_b)):
            fake = self.buffers[domain].swap(fakes[domain].detach(), self.random)
            network = self.networks[f"discriminator_{domain}"]
            loss = discriminator_loss(network, real, fake, self.losses)
            torch.autograd.backward(loss)
            scalars[f"discriminator_{domain}"] = loss.item()
        self.optimizers["discriminator"].step()
        return scalars

    def _parameters(self, kind: str) -> list[nn.Parameter]:
        return [p for name, p in self.networks.named_parameters() if name.startswith(kind)]

    def _freeze_discriminators(self, frozen: bool) -> None:
        for parameter in self._parameters("discriminator"):
            parameter.requires_grad_(not frozen)


def generator_loss(
    networks: nn.ModuleDict, real_a: Tensor, real_b: Tensor, losses: LossConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the generators' loss, a scalar, and the translations by the domain they are in."""
    a2b, b2a = networks["generator_a2b"], networks["generator_b2a"]
    fool = ADVERSARIAL[losses.adversarial].generator
    fake_b, fake_a = a2b(real_a), b2a(real_b)
    d_a, d_b = networks["discriminator_a"], networks["discriminator_b"]
    loss = fool(partial(d_b, real_b), d_b(fake_b)) + fool(partial(d_a, real_a), d_a(fake_a))
    loss = loss + losses.cycle * (b2a(fake_b) - real_a).abs().mean()
    loss = loss + losses.cycle * (a2b(fake_a) - real_b).abs().mean()
    if losses.identity:
        loss = loss + losses.identity * (b2a(real_a) - real_a).abs().mean()
        loss = loss + losses.identity * (a2b(real_b) - real_b).abs().mean()
    return loss, {"a": fake_a, "b": fake_b}


def discriminator_loss(
    network: nn.Module, real: Tensor, fake: Tensor, losses: LossConfig
) -> Tensor:
    """Return a discriminator's loss, a scalar."""
    return ADVERSARIAL[losses.adversarial].discriminator(network(real), network(fake))


def use_plain_layers(module: nn.Module) -> None:
    """Put torch's own layers, with the same weights, in the place of ours."""
    for name, child in module.named_children():
        match child:
            case InstanceNorm():
                setattr(module, name, nn.InstanceNorm2d(child.num_features))
            case MirroredConv2d():
                setattr(module, name, _plain_convolution(child))
            case _:
                use_plain_layers(child)


def _plain_convolution(ours: MirroredConv2d) -> nn.Conv2d:
    plain = nn.Conv2d(
        ours.in_channels,
        ours.out_channels,
        ours.kernel_size,
        ours.stride,
        ours.padding,
        padding_mode="reflect",
    )
    plain.weight, plain.bias = ours.weight, ours.bias
    return plain
