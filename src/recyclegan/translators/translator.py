"""What all translators have in common: networks, adversarial terms and replay buffers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from recyclegan.config import Config
from recyclegan.errors import UserError
from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.losses.diff_augment import diff_augment
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.patch_discriminator import PatchDiscriminator
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.translators.phase import Phase, Pictures
from recyclegan.translators.replay_buffer import ReplayBuffer

GENERATORS = {"a2b": "generator_a2b", "b2a": "generator_b2a"}


class Translator:
    """A generator for each of its directions, and a discriminator for what each leads to.

    A subclass names its directions and the losses that mean nothing to it, may add networks, and
    gives the phases that train them.
    """

    directions: ClassVar[tuple[str, ...]]
    unused_losses: ClassVar[tuple[str, ...]]
    phases: tuple[Phase, ...]

    def __init__(self, config: Config) -> None:
        for name in self.unused_losses:
            if getattr(config.losses, name):
                flag = f"--losses.{name.replace('_', '-')}"
                raise UserError(f"{flag} means nothing to {config.variant}; leave it out.")
        self.targets = tuple(sorted(direction[-1] for direction in self.directions))
        self.networks = nn.ModuleDict(
            {GENERATORS[d]: ResNetGenerator(**asdict(config.generator)) for d in self.directions}
            | {
                f"discriminator_{d}": PatchDiscriminator(**asdict(config.discriminator))
                for d in self.targets
            }
        )
        for network in self.networks.values():
            initialise(network, config.optimizer.initialisation)
        self.feature_terms = nn.ModuleDict()
        self.losses = config.losses
        self.adversarial = ADVERSARIAL[config.losses.adversarial]
        self.buffers = {d: ReplayBuffer(config.optimizer.replay_buffer) for d in self.targets}
        self.augment = diff_augment if config.optimizer.diff_augment else lambda x, random: x

    def discriminators_phase(self) -> Phase:
        """Return the phase in which all discriminators learn."""
        names = tuple(f"discriminator_{domain}" for domain in self.targets)
        return Phase(
            name="discriminators",
            trains=names,
            optimizer="discriminators",
            weights=dict.fromkeys(names, 1.0),
            parts=tuple(partial(self.discriminator_terms, domain) for domain in self.targets),
        )

    def apply(self, network: str, picture: Tensor) -> Tensor:
        """Return a network's output in float32, whatever the precision of its arithmetic."""
        return self.networks[network](picture).float()

    def apply_to_both(self, network: str, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return a network's outputs for two batches of one size, made in one call.

        InstanceNorm and attention look at one picture at a time, so the outputs are those of two.
        """
        ours, theirs = self.apply(network, torch.cat((first, second))).chunk(2)
        return ours, theirs

    def discriminator_terms(
        self, domain: str, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the adversarial term of a discriminator, on fakes from its replay buffer."""
        name, real = f"discriminator_{domain}", pictures.real(domain)
        fake = self.buffers[domain].swap(pictures.translated[domain], random)
        judged_real, judged_fake = self.apply_to_both(
            name, self.augment(real, random), self.augment(fake, random)
        )
        pictures.measures[f"accuracy_{domain}"] = self.adversarial.accuracy(
            judged_real.detach(), judged_fake.detach()
        )
        return {name: self.adversarial.discriminator(judged_real, judged_fake)}

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a step changes, as tensors and plain values."""
        return {"networks": self.networks.state_dict(), **self.memory()}

    def memory(self) -> dict[str, Any]:
        """Return what a step changes besides the networks, of which each process has its own."""
        return {"buffers": {d: buffer.state_dict() for d, buffer in self.buffers.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.networks.load_state_dict(state["networks"])
        self.load_memory(state)

    def load_memory(self, state: Mapping[str, Any]) -> None:
        """Take up what `memory` returned."""
        for domain, buffer in self.buffers.items():
            buffer.load_state_dict(state["buffers"][domain])
