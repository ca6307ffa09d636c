"""The original CycleGAN and the study's nine cases, each as its difference from the baseline."""

from __future__ import annotations

from dataclasses import replace

from recyclegan.variants.baseline import BASELINE

AMP = replace(BASELINE.train, precision="amp")
SKIPS = replace(BASELINE.generator, skips="add")
LSGAN = replace(BASELINE.losses, adversarial="lsgan")
ATTENTION_D = replace(BASELINE.discriminator, attention=True)

CYCLEGAN = replace(
    BASELINE,
    variant="cyclegan",
    description="CycleGAN as published: large, 70x70 PatchGAN, LSGAN, one picture a step",
    generator=replace(BASELINE.generator, features=64, blocks=9, downsampling_padding="zeros"),
    discriminator=replace(BASELINE.discriminator, features=64, strided=3),
    losses=LSGAN,
    optimizer=replace(BASELINE.optimizer, batch=1, decay_from=0.5, initialisation="normal"),
    train=replace(BASELINE.train, epochs=200.0, precision="auto", layout="auto"),
)

CASES = (
    BASELINE,
    replace(
        BASELINE,
        variant="case-2",
        description="Mixed precision",
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-3",
        description="Mixed precision and skip connections",
        generator=SKIPS,
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-4",
        description="Mixed precision and the least-squares loss",
        losses=LSGAN,
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-5",
        description="Mixed precision, skip connections and the least-squares loss",
        generator=SKIPS,
        losses=LSGAN,
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-6",
        description="Mixed precision and self-attention in the generators",
        generator=replace(BASELINE.generator, attention=True),
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-7",
        description="Mixed precision and self-attention in the discriminators",
        discriminator=ATTENTION_D,
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-8",
        description="Mixed precision and path-length smoothing of the generators",
        losses=replace(BASELINE.losses, path_length=5.0),
        train=AMP,
    ),
    replace(
        BASELINE,
        variant="case-9",
        description="Mixed precision, skips, least squares, self-attention on both sides",
        generator=replace(SKIPS, attention=True),
        discriminator=ATTENTION_D,
        losses=LSGAN,
        train=AMP,
    ),
)
