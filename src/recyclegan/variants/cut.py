"""The one-sided translators of Park et al. 2020, with the network of CycleGAN as theirs was."""

from __future__ import annotations

from dataclasses import replace

from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.study import CYCLEGAN

CUT = replace(
    CYCLEGAN,
    variant="cut",
    description="CUT: one generator, held to its source by patches in place of a way back",
    translator="cut",
    losses=replace(CYCLEGAN.losses, cycle=0.0, identity=0.0, nce=1.0, nce_identity=1.0),
    optimizer=replace(CYCLEGAN.optimizer, replay_buffer=0),
    train=replace(CYCLEGAN.train, epochs=400.0),
)

FASTCUT = replace(
    CUT,
    variant="fastcut",
    description="FastCUT: CUT with one pass a step, and mirrored pictures mirrored back",
    losses=replace(CUT.losses, nce=10.0, nce_identity=0.0, nce_flip=True),
    optimizer=replace(CUT.optimizer, decay_from=0.75),
    train=replace(CUT.train, epochs=200.0),
)

CUT_SMALL = replace(
    CUT,
    variant="cut-small",
    description="CUT with the study's small networks, for where an hour has to do",
    generator=BASELINE.generator,
    discriminator=BASELINE.discriminator,
)
