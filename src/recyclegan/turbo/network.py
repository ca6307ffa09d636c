"""One direction of CycleGAN-turbo, from picture to picture."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from recyclegan.turbo.autoencoder import decode, encode

TIMESTEP = 999
"""The last of the diffusion's 1000: one step from there is the whole way."""

SEED = 0


class TurboNetwork(nn.Module):
    """Encodes a picture, takes one step of diffusion under a caption, and decodes with skips.

    The latent of a picture is drawn at random in the published code; here the draw is the same for
    every picture, so that a picture's result depends on nothing else.
    """

    def __init__(self, unet: nn.Module, vae: Any, caption: Tensor, scheduler: Any) -> None:
        """Take the networks, the caption's embedding (1,L,D), and a scheduler set to one step."""
        super().__init__()
        self.unet, self.vae, self.scheduler = unet, vae, scheduler
        self.register_buffer("caption", caption)
        self.size_multiple = 2 ** (len(vae.config.block_out_channels) - 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the translation of a picture (1,3,H,W) in [-1, 1], sides multiples of 8."""
        noise = torch.Generator().manual_seed(SEED)
        latent, inputs = encode(self.vae, picture, noise)
        predicted = self.unet(latent, TIMESTEP, encoder_hidden_states=self.caption).sample
        step = self.scheduler.step(predicted, TIMESTEP, latent, generator=noise)
        return decode(self.vae, step.prev_sample.to(latent.dtype), inputs)
