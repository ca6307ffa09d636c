"""The recipe of this project: a small generator that starts from the picture it is given."""

from __future__ import annotations

from dataclasses import replace

from recyclegan.variants.baseline import BASELINE

RECYCLEGAN = replace(
    BASELINE,
    variant="recyclegan",
    description="Small, fast, starts at the target's colours and learns the rest of the change",
    generator=replace(
        BASELINE.generator,
        features=24,
        max_features=128,
        blocks=4,
        downsamplings=3,
        upsampling="resize",
        skips="zero-init",
        head="identity-start",
        toned=True,
        head_scale=2,
        colour_pace=0.3,
        grid=4,
        paint=True,
    ),
    discriminator=replace(BASELINE.discriminator, strided=3, norm="spectral"),
    losses=replace(BASELINE.losses, adversarial="lsgan", cycle=5.0, identity=0.0),
    optimizer=replace(
        BASELINE.optimizer,
        batch=1,
        lr_generator=4e-4,
        lr_discriminator=4e-4,
        decay_from=0.5,
        initialisation="normal",
    ),
    train=replace(BASELINE.train, precision="auto", layout="auto"),
)
