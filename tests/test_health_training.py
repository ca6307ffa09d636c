"""The monitors on real trainings of a tiny translator: silent on a sound one, loud on a broken one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from recyclegan.training.health import Alarm, HealthMonitors
from recyclegan.training.state import initial_state
from recyclegan.training.step import train_step
from recyclegan.translators.phase import Pictures
from recyclegan.variants.registry import get_variant

SIZE = 32
NUM_STEPS = 130


def train(variant: str, rate: float) -> list[Alarm]:
    """Return the first alarms of a training from bright scenes to dark ones."""
    config = get_variant(variant)
    config = replace(
        config,
        generator=replace(config.generator, features=8, blocks=1),
        discriminator=replace(config.discriminator, features=8, strided=3),
    )
    settings = replace(config.optimizer, lr_generator=rate, lr_discriminator=rate)
    config = replace(
        config,
        optimizer=settings,
        train=replace(config.train, precision="fp32", layout="contiguous"),
    )
    state, health = initial_state(config, torch.device("cpu")), HealthMonitors()
    random = torch.Generator().manual_seed(0)
    for step in range(NUM_STEPS):
        broad = F.interpolate(torch.rand(2, 3, 4, 4, generator=random), size=SIZE, mode="bilinear")
        bright, dark = (2 * broad - 1 + 0.1 * torch.randn(broad.shape, generator=random)).split(1)
        pictures = Pictures(bright.clamp(-1, 1), (0.4 * dark - 0.5).clamp(-1, 1))
        scalars = train_step(state, [pictures], step=step, progress=0.0, clip=0.0)
        if alarms := health.observe(step, scalars, pictures):
            return alarms
    return []


@pytest.mark.parametrize("variant", ["case-1", "recyclegan"])
def test_a_sound_training_starts_without_an_alarm(variant):
    assert train(variant, rate=2e-4) == []


def test_a_learning_rate_far_too_high_is_a_divergence():
    assert any(alarm.diverged for alarm in train("recyclegan", rate=0.3))
