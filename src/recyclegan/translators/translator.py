"""What all translators have in common: networks, adversarial terms and replay buffers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache, partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from recyclegan.config import Config
from recyclegan.errors import UserError
from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.losses.diff_augment import diff_augment
from recyclegan.losses.gradient_penalty import gradient_penalty
from recyclegan.networks.attention import make_differentiable_twice
from recyclegan.networks.halves import raised
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.multi_scale import SMALLEST_SIDE, make_discriminator
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
        if config.losses.adversarial == "relativistic" and config.optimizer.replay_buffer:
            raise UserError(
                "--losses.adversarial relativistic compares the newest translations with real "
                "pictures, not earlier ones; add --optimizer.replay-buffer 0."
            )
        _require_size(config)
        self.targets = tuple(sorted(direction[-1] for direction in self.directions))
        self.networks = nn.ModuleDict(
            {GENERATORS[d]: ResNetGenerator(**asdict(config.generator)) for d in self.directions}
            | {
                f"discriminator_{d}": make_discriminator(**asdict(config.discriminator))
                for d in self.targets
            }
        )
        for network in self.networks.values():
            initialise(network, config.optimizer.initialisation)
        if config.losses.path_length or config.losses.gradient_penalty:
            make_differentiable_twice(self.networks)
        self.feature_terms = nn.ModuleDict()
        self.losses = config.losses
        self.adversarial = ADVERSARIAL[config.losses.adversarial]
        self.buffers = {d: ReplayBuffer(config.optimizer.replay_buffer) for d in self.targets}
        self.augment = diff_augment if config.optimizer.diff_augment else lambda x, random: x

    def discriminator_phases(self) -> tuple[Phase, ...]:
        """Return the phases in which all discriminators learn: their own, and their penalty's."""
        names, weights = tuple(f"discriminator_{domain}" for domain in self.targets), self.losses
        discriminators = Phase(
            name="discriminators",
            trains=names,
            optimizer="discriminators",
            weights=dict.fromkeys(names, 1.0),
            parts=tuple(partial(self.discriminator_terms, domain) for domain in self.targets),
        )
        penalty = Phase(
            name="gradient_penalty",
            trains=names,
            optimizer="discriminators",
            weights={f"gradient_penalty_{d}": weights.gradient_penalty for d in self.targets},
            parts=tuple(partial(self.gradient_penalty_terms, domain) for domain in self.targets),
            interval=weights.gradient_penalty_interval,
            mixed_precision=False,
        )
        return (discriminators, *[penalty] * bool(weights.gradient_penalty))

    def apply(self, network: str, picture: Tensor) -> Tensor:
        """Return a network's output in float32, whatever the precision of its arithmetic."""
        return self.networks[network](picture).float()

    def apply_to_both(self, network: str, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return a network's outputs for two batches of one size, made in one call.

        InstanceNorm and attention look at one picture at a time, so the outputs are those of two.
        """
        ours, theirs = self.apply(network, torch.cat((first, second))).chunk(2)
        return ours, theirs

    def fool(
        self, domain: str, fake: Tensor, pictures: Pictures, random: torch.Generator
    ) -> Tensor:
        """Return the adversarial term of the generator that made pictures (N,3,H,W), a scalar."""
        judged = self.judge(domain, self.augment(fake, random))

        @cache
        def real() -> list[Tensor]:
            with torch.no_grad():
                return self.judge(domain, self.augment(pictures.real(domain), random))

        def term(scale: int, logits: Tensor) -> Tensor:
            return self.adversarial.generator(lambda: real()[scale], logits)

        return _mean([term(*one) for one in enumerate(judged)])

    def discriminator_terms(
        self, domain: str, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the adversarial term of a discriminator, on fakes from its replay buffer."""
        name, real = f"discriminator_{domain}", pictures.real(domain)
        fake = self.buffers[domain].swap(pictures.translated[domain], random)
        both = torch.cat((self.augment(real, random), self.augment(fake, random)))
        judged = [logits.chunk(2) for logits in self.judge(domain, both)]
        accuracies = [self.adversarial.accuracy(r.detach(), f.detach()) for r, f in judged]
        pictures.measures[f"accuracy_{domain}"] = _mean(accuracies)
        return {name: _mean([self.adversarial.discriminator(r, f) for r, f in judged])}

    def judge(self, domain: str, pictures: Tensor) -> list[Tensor]:
        """Return a discriminator's logits (N,1,h,w) in float32, for each of its scales."""
        judged = self.networks[f"discriminator_{domain}"](pictures)
        return [raised(logits) for logits in (judged if isinstance(judged, list) else [judged])]

    def gradient_penalty_terms(
        self, domain: str, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the penalty of a discriminator, on the pictures of this step as it sees them."""
        real, fake = (
            self.augment(shown, random)
            for shown in (pictures.real(domain), pictures.translated[domain])
        )

        def judge(mixed: Tensor) -> Tensor:
            return _mean([one.flatten(1).mean(1, True) for one in self.judge(domain, mixed)])

        penalty = gradient_penalty(judge, real, fake, random)
        return {f"gradient_penalty_{domain}": penalty}

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


def _mean(terms: list[Tensor]) -> Tensor:
    return terms[0] if len(terms) == 1 else torch.stack(terms).mean()


def _require_size(config: Config) -> None:
    scales = config.discriminator.scales
    needed = SMALLEST_SIDE * 2 ** (scales - 1)
    if config.images.size < needed:
        raise UserError(
            f"--discriminator.scales {scales} needs --images.size {needed} or more: the smallest "
            "copy would have no patch to judge."
        )
