"""The project's recipe with a pretrained network's judgement beside the pixels'."""

from __future__ import annotations

from dataclasses import replace

from recyclegan.variants.recyclegan import RECYCLEGAN

PERCEPTUAL = (
    replace(
        RECYCLEGAN,
        variant="perceptual-cycle",
        description="recyclegan, and what comes back must also look alike to VGG19",
        losses=replace(RECYCLEGAN.losses, perceptual_cycle=1.0, perceptual_interval=4),
    ),
    replace(
        RECYCLEGAN,
        variant="perceptual-content",
        description="recyclegan, and a translation must hold the same things for VGG19",
        losses=replace(RECYCLEGAN.losses, content=0.1, perceptual_interval=4),
    ),
)
