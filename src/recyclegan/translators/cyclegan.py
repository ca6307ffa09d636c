"""The two-sided translator: two generators, two discriminators (Zhu et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from recyclegan.config import Config
from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.losses.cycle import cycle
from recyclegan.losses.diff_augment import diff_augment
from recyclegan.losses.identity import identity
from recyclegan.losses.path_length import PathLength
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.patch_discriminator import PatchDiscriminator
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.translators.feature_terms import feature_terms
from recyclegan.translators.phase import Phase, Pictures
from recyclegan.translators.replay_buffer import ReplayBuffer

DOMAINS = ("a", "b")
GENERATORS = {"a2b": "generator_a2b", "b2a": "generator_b2a"}
WAY_BACK = {"a2b": "b2a", "b2a": "a2b"}


class CycleGAN:
    """Networks, phases and memory of a two-sided translator."""

    def __init__(self, config: Config) -> None:
        self.networks = nn.ModuleDict(
            {name: ResNetGenerator(**asdict(config.generator)) for name in GENERATORS.values()}
            | {
                f"discriminator_{d}": PatchDiscriminator(**asdict(config.discriminator))
                for d in DOMAINS
            }
        )
        for network in self.networks.values():
            initialise(network, config.optimizer.initialisation)
        self.losses = config.losses
        self.feature_terms = feature_terms(config.losses)
        self.adversarial = ADVERSARIAL[config.losses.adversarial]
        self.buffers = {d: ReplayBuffer(config.optimizer.replay_buffer) for d in DOMAINS}
        self.path_lengths = {g: PathLength(config.losses.path_length_decay) for g in GENERATORS}
        self.augment = diff_augment if config.optimizer.diff_augment else lambda x, random: x
        self.phases = self._phases()

    def _phases(self) -> tuple[Phase, ...]:
        weights = self.losses
        generators = Phase(
            name="generators",
            trains=tuple(GENERATORS.values()),
            optimizer="generators",
            weights={
                "adversarial_a2b": 1.0,
                "adversarial_b2a": 1.0,
                "cycle_a": weights.cycle,
                "cycle_b": weights.cycle,
                "identity_a": weights.identity,
                "identity_b": weights.identity,
            }
            | {
                f"{term}_{domain}": weight * weights.perceptual_interval
                for term, weight in (
                    ("perceptual_cycle", weights.perceptual_cycle),
                    ("content", weights.content),
                )
                for domain in DOMAINS
            },
            parts=tuple(partial(self.direction_terms, direction) for direction in GENERATORS),
        )
        path_length = Phase(
            name="path_length",
            trains=generators.trains,
            optimizer="generators",
            weights=dict.fromkeys(("path_length_a2b", "path_length_b2a"), weights.path_length),
            parts=tuple(partial(self.path_length_terms, direction) for direction in GENERATORS),
            interval=weights.path_length_interval,
            mixed_precision=False,
        )
        discriminators = Phase(
            name="discriminators",
            trains=("discriminator_a", "discriminator_b"),
            optimizer="discriminators",
            weights={"discriminator_a": 1.0, "discriminator_b": 1.0},
            parts=tuple(partial(self.discriminator_terms, domain) for domain in DOMAINS),
        )
        smoothing = (path_length,) if weights.path_length else ()
        return (generators, *smoothing, discriminators)

    def apply(self, network: str, picture: Tensor) -> Tensor:
        """Return a network's output in float32, whatever the precision of its arithmetic."""
        return self.networks[network](picture).float()

    def apply_to_both(self, network: str, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return a network's outputs for two batches of one size, made in one call.

        InstanceNorm and attention look at one picture at a time, so the outputs are those of two.
        """
        ours, theirs = self.apply(network, torch.cat((first, second))).chunk(2)
        return ours, theirs

    def direction_terms(
        self, direction: str, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return what a translation there and back says; keep the translation.

        The way back also gets the real picture, which is in its target domain already.
        """
        source, target = direction.split("2")
        there, back = GENERATORS[direction], GENERATORS[WAY_BACK[direction]]
        real = pictures.real(source)
        fake = self.apply(there, real)
        pictures.translated[target] = fake.detach()
        judged = self.apply(f"discriminator_{target}", self.augment(fake, random))
        terms = {f"adversarial_{direction}": self.adversarial.generator(judged)}
        if self.losses.identity and progress < self.losses.identity_until:
            recovered, same = self.apply_to_both(back, fake, real)
            terms[f"identity_{source}"] = identity(same, real)
        else:
            recovered = self.apply(back, fake)
        terms[f"cycle_{source}"] = cycle(recovered, real)
        if pictures.step % self.losses.perceptual_interval == 0:
            made = {"perceptual_cycle": recovered, "content": fake}
            for name, term in self.feature_terms.items():
                terms[f"{name}_{source}"] = term(made[name], real)
        return terms

    def path_length_terms(
        self, direction: str, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the path-length term of a generator."""
        generate = partial(self.apply, GENERATORS[direction])
        real = pictures.real(direction[0])
        return {f"path_length_{direction}": self.path_lengths[direction](generate, real, random)}

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
        return {
            "buffers": {d: buffer.state_dict() for d, buffer in self.buffers.items()},
            "path_lengths": {d: term.state_dict() for d, term in self.path_lengths.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.networks.load_state_dict(state["networks"])
        self.load_memory(state)

    def load_memory(self, state: Mapping[str, Any]) -> None:
        """Take up what `memory` returned."""
        for domain, buffer in self.buffers.items():
            buffer.load_state_dict(state["buffers"][domain])
        for direction, term in self.path_lengths.items():
            term.load_state_dict(state["path_lengths"][direction])
