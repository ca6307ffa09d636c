"""One-sided translators: one generator, one discriminator, no way back (Park et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor

from recyclegan.config import Config
from recyclegan.losses.patch_nce import patch_nce
from recyclegan.networks.initialisation import initialise
from recyclegan.networks.patch_heads import PatchHeads
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.translators.phase import Phase, Pictures
from recyclegan.translators.translator import Translator

GENERATOR, HEADS = "generator_a2b", "patch_heads"


class CUT(Translator):
    """CUT and FastCUT: places of a translation must know their own places in the source."""

    directions = ("a2b",)
    unused_losses = (
        "cycle",
        "cycle_final",
        "identity",
        "path_length",
        "jacobian_clamp",
        "perceptual_cycle",
        "content",
    )

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        generator = self.networks[GENERATOR]
        assert isinstance(generator, ResNetGenerator)
        self.generator = generator
        self.networks[HEADS] = PatchHeads(generator.encoded_widths)
        initialise(self.networks[HEADS], config.optimizer.initialisation)
        self.phases = self._phases()

    def _phases(self) -> tuple[Phase, ...]:
        weights = self.losses
        generators = Phase(
            name="generators",
            # The heads learn from the same loss; for Adam it is as if they had one of their own.
            trains=(GENERATOR, HEADS),
            optimizer="generators",
            weights={
                "adversarial_a2b": 1.0,
                "nce_a": weights.nce,
                "nce_identity_b": weights.nce_identity,
            },
            parts=(self.translation_terms, *[self.identity_terms] * bool(weights.nce_identity)),
        )
        return (generators, *self.discriminator_phases())

    def translation_terms(
        self, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return what a translation says; keep it.

        With flip equivariance half of the time the mirrored picture is translated, and what it
        became must know its places in the picture as it was.
        """
        mirrored = self.losses.nce_flip and bool(torch.rand((), generator=random) < 0.5)
        fake = self.apply(GENERATOR, _mirror(pictures.real_a, mirrored))
        pictures.translated["b"] = _mirror(fake.detach(), mirrored)
        return {
            "adversarial_a2b": self.fool("b", fake, pictures, random),
            "nce_a": self.contrast(fake, pictures.real_a, random, mirrored),
        }

    def identity_terms(
        self, pictures: Pictures, progress: float, random: torch.Generator
    ) -> dict[str, Tensor]:
        """Return PatchNCE of pictures that are in the target domain already (eq. 5)."""
        same = self.apply(GENERATOR, pictures.real_b)
        return {"nce_identity_b": self.contrast(same, pictures.real_b, random)}

    def contrast(
        self, made: Tensor, source: Tensor, random: torch.Generator, mirrored: bool = False
    ) -> Tensor:
        """Return PatchNCE of pictures (N,3,H,W) to their sources, the mean over the maps."""
        queries = [_mirror(m, mirrored) for m in self.generator.encode(made)]
        places = [self._draw(m, random) for m in queries]
        heads = self.networks[HEADS]
        with torch.no_grad():
            keys = heads(self.generator.encode(source), places)
        pairs = zip(heads(queries, places), keys, strict=True)
        return torch.stack([patch_nce(q, k, self.losses.nce_temperature) for q, k in pairs]).mean()

    def _draw(self, features: Tensor, random: torch.Generator) -> Tensor:
        """Return places of a map, without repetition; all where there are few."""
        height, width = features.shape[-2:]
        order = torch.randperm(height * width, generator=random)
        return order[: self.losses.nce_patches].to(features.device)


def _mirror(pictures: Tensor, mirrored: bool) -> Tensor:
    return pictures.flip(-1) if mirrored else pictures
