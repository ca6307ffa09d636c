"""The baseline: the study's small CycleGAN, and the only place where defaults live."""

from __future__ import annotations

from recyclegan.config import (
    Config,
    DiscriminatorConfig,
    GeneratorConfig,
    ImageConfig,
    LossConfig,
    OptimizerConfig,
    TrainConfig,
)

BASELINE = Config(
    variant="case-1",
    description="The study's small network with the log-BCE loss: the baseline",
    generator=GeneratorConfig(
        features=32,
        max_features=1024,
        blocks=5,
        downsamplings=2,
        upsampling="transposed",
        skips="none",
        attention=False,
        head="tanh",
    ),
    discriminator=DiscriminatorConfig(features=32, strided=4, attention=False),
    losses=LossConfig(
        adversarial="bce",
        cycle=10.0,
        identity=5.0,
        identity_until=1.0,
        path_length=0.0,
        path_length_interval=16,
        path_length_decay=0.99,
    ),
    optimizer=OptimizerConfig(
        batch=16,
        lr_generator=2e-4,
        lr_discriminator=2e-4,
        beta1=0.5,
        beta2=0.999,
        decay_from=1.0,
        clip_gradient=0.0,
        initialisation="default",
        ema_decay=0.999,
        replay_buffer=50,
        diff_augment=False,
    ),
    images=ImageConfig(size=256, load_scale=1.12, flip=True, test_fraction=0.2, workers=1),
    train=TrainConfig(
        epochs=50.0,
        steps=None,
        minutes=None,
        precision="fp32",
        device="auto",
        threads=0,
        log_steps=50,
        save_minutes=5.0,
        save_steps=None,
        eval_minutes=5.0,
        eval_steps=None,
        eval_images=64,
        best_by="auto",
        on_divergence="warn",
    ),
    seed=0,
)
