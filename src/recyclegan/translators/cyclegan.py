"""The two-sided translator: two generators, two discriminators (Zhu et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from recyclegan.config import Config
from recyclegan.losses.cycle import cycle
from recyclegan.losses.identity import identity
from recyclegan.losses.jacobian_clamp import jacobian_clamp
from recyclegan.losses.path_length import PathLength
from recyclegan.translators.feature_terms import feature_terms
from recyclegan.translators.phase import Phase, Pictures
from recyclegan.translators.translator import GENERATORS, Translator

DOMAINS = ("a", "b")
WAY_BACK = {"a2b": "b2a", "b2a": "a2b"}


class CycleGAN(Translator):
    """A translator both ways, each of which checks the other."""

    directions = ("a2b", "b2a")
    unused_losses = ("nce", "nce_identity", "nce_flip")

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.feature_terms = feature_terms(config.losses)
        self.path_lengths = {g: PathLength(config.losses.path_length_decay) for g in GENERATORS}
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
            final_weights={}
            if weights.cycle_final is None
            else dict.fromkeys(("cycle_a", "cycle_b"), weights.cycle_final),
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
        clamp = Phase(
            name="jacobian_clamp",
            trains=generators.trains,
            optimizer="generators",
            weights={f"jacobian_clamp_{d}": weights.jacobian_clamp for d in GENERATORS},
            parts=tuple(partial(self.jacobian_terms, direction) for direction in GENERATORS),
            interval=weights.jacobian_clamp_interval,
            # A grey level is less than bfloat16 can tell near white.
            mixed_precision=False,
        )
        smoothing = [path_length] * bool(weights.path_length) + [clamp] * bool(
            weights.jacobian_clamp
        )
        return (generators, *smoothing, *self.discriminator_phases())

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
        terms = {f"adversarial_{direction}": self.fool(target, fake, pictures, random)}
        if self.losses.identity and progress < self.losses.identity_until:
            recovered, same = self.apply_to_both(back, fake, real)
            terms[f"identity_{source}"] = identity(same, real)
        else:
            recovered = self.apply(back, fake)
        terms[f"cycle_{source}"] = cycle(recovered, real, self.losses.cycle_low_pass)
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

    def jacobian_terms(
        self, direction: str, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the Jacobian-clamping term of a generator."""
        term = jacobian_clamp(
            partial(self.apply, GENERATORS[direction]),
            pictures.real(direction[0]),
            random,
            least=self.losses.jacobian_least,
            most=self.losses.jacobian_most,
        )
        return {f"jacobian_clamp_{direction}": term}

    def memory(self) -> dict[str, Any]:
        """Return what a step changes besides the networks, of which each process has its own."""
        targets = {d: term.state_dict() for d, term in self.path_lengths.items()}
        return {**super().memory(), "path_lengths": targets}

    def load_memory(self, state: Mapping[str, Any]) -> None:
        """Take up what `memory` returned."""
        super().load_memory(state)
        for direction, term in self.path_lengths.items():
            term.load_state_dict(state["path_lengths"][direction])
