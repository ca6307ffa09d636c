"""The project's own recipe: a small generator that starts at the identity and learns the change."""

from __future__ import annotations

from dataclasses import replace

from recyclegan.variants.baseline import BASELINE

RECYCLEGAN = replace(
    BASELINE,
    variant="recyclegan",
    description="Small, fast, starts at the identity and learns the change",
    generator=replace(
        BASELINE.generator,
        features=24,
        max_features=128,
        blocks=4,
        downsamplings=3,
        upsampling="resize",
        skips="zero-init",
        head="identity-start",
    ),
    discriminator=replace(BASELINE.discriminator, strided=3),
    losses=replace(BASELINE.losses, adversarial="lsgan", cycle=5.0, identity=0.0),
    optimizer=replace(BASELINE.optimizer, batch=1, decay_from=0.5, initialisation="normal"),
    train=replace(BASELINE.train, precision="auto", layout="auto"),
)
