"""The two-sided translator: two generators, two discriminators (Zhu et al. 2017)."""

from __future__ import annotations

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
from recyclegan.translators.phase import Phase, Pictures
from recyclegan.translators.replay_buffer import ReplayBuffer

DOMAINS = ("a", "b")
GENERATORS = {"a2b": "generator_a2b", "b2a": "generator_b2a"}


class CycleGAN:
    """Networks, phases and memory of a two-sided translator.

    `random` is the only source of chance in a step: replay buffers, augmentation, path length.
    """

    def __init__(self, config: Config, random: torch.Generator) -> None:
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
        self.adversarial = ADVERSARIAL[config.losses.adversarial]
        self.buffers = {d: ReplayBuffer(config.optimizer.replay_buffer) for d in DOMAINS}
        self.path_lengths = {g: PathLength(config.losses.path_length_decay) for g in GENERATORS}
        self.random = random
        self.augment = (
            partial(diff_augment, random=random) if config.optimizer.diff_augment else lambda x: x
        )
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
            },
            terms=self.generator_terms,
        )
        path_length = Phase(
            name="path_length",
            trains=generators.trains,
            optimizer="generators",
            weights=dict.fromkeys(("path_length_a2b", "path_length_b2a"), weights.path_length),
            terms=self.path_length_terms,
            interval=weights.path_length_interval,
            mixed_precision=False,
        )
        discriminators = Phase(
            name="discriminators",
            trains=("discriminator_a", "discriminator_b"),
            optimizer="discriminators",
            weights={"discriminator_a": 1.0, "discriminator_b": 1.0},
            terms=self.discriminator_terms,
        )
        smoothing = (path_length,) if weights.path_length else ()
        return (generators, *smoothing, discriminators)

    def apply(self, network: str, picture: Tensor) -> Tensor:
        """Return a network's output in float32, whatever the precision of its arithmetic."""
        return self.networks[network](picture).float()

    def generator_terms(self, pictures: Pictures, progress: float) -> dict[str, Tensor]:
        """Return the adversarial, cycle and identity terms of both generators; keep the fakes."""
        real_a, real_b = pictures.real_a, pictures.real_b
        fake_b = self.apply("generator_a2b", real_a)
        fake_a = self.apply("generator_b2a", real_b)
        judged_a = self.apply("discriminator_a", self.augment(fake_a))
        judged_b = self.apply("discriminator_b", self.augment(fake_b))
        terms = {
            "adversarial_a2b": self.adversarial.generator(judged_b),
            "adversarial_b2a": self.adversarial.generator(judged_a),
            "cycle_a": cycle(self.apply("generator_b2a", fake_b), real_a),
            "cycle_b": cycle(self.apply("generator_a2b", fake_a), real_b),
        }
        if self.losses.identity and progress < self.losses.identity_until:
            terms["identity_a"] = identity(self.apply("generator_b2a", real_a), real_a)
            terms["identity_b"] = identity(self.apply("generator_a2b", real_b), real_b)
        pictures.translated = {"a": fake_a.detach(), "b": fake_b.detach()}
        return terms

    def path_length_terms(self, pictures: Pictures, progress: float) -> dict[str, Tensor]:
        """Return the path-length term of both generators."""
        reals = {"a2b": pictures.real_a, "b2a": pictures.real_b}
        return {
            f"path_length_{direction}": self.path_lengths[direction](
                partial(self.apply, GENERATORS[direction]), real, self.random
            )
            for direction, real in reals.items()
        }

    def discriminator_terms(self, pictures: Pictures, progress: float) -> dict[str, Tensor]:
        """Return the adversarial term of both discriminators, on fakes from the replay buffers."""
        terms = {}
        for domain, real in (("a", pictures.real_a), ("b", pictures.real_b)):
            fake = self.buffers[domain].swap(pictures.translated[domain], self.random)
            judged_real = self.apply(f"discriminator_{domain}", self.augment(real))
            judged_fake = self.apply(f"discriminator_{domain}", self.augment(fake))
            terms[f"discriminator_{domain}"] = self.adversarial.discriminator(
                judged_real, judged_fake
            )
            pictures.measures[f"accuracy_{domain}"] = self.adversarial.accuracy(
                judged_real.detach(), judged_fake.detach()
            )
        return terms

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a step changes, as tensors and plain values."""
        return {
            "networks": self.networks.state_dict(),
            "buffers": {d: buffer.state_dict() for d, buffer in self.buffers.items()},
            "path_lengths": {d: term.state_dict() for d, term in self.path_lengths.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.networks.load_state_dict(state["networks"])
        for domain, buffer in self.buffers.items():
            buffer.load_state_dict(state["buffers"][domain])
        for direction, term in self.path_lengths.items():
            term.load_state_dict(state["path_lengths"][direction])
