"""The autoencoder of Stable Diffusion with skips from its encoder to its decoder.

Parmar, Park, Narasimhan, Zhu 2024, section 3.2: what the latent (1/8 of the size) cannot hold goes
around it, through convolutions that begin near zero.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import Tensor, nn

SKIP_START = 1e-5
"""Every weight of a skip before training."""


def add_skips(vae: Any) -> None:
    """Add the skips' convolutions to the decoder of an `AutoencoderKL`, named as published.

    There is one in front of each block of the decoder, from the input of the encoder's block that
    has the same size.
    """
    widths = vae.config.block_out_channels
    encoder = [widths[0], *widths[:-1]][::-1]
    decoder = [widths[-1], *widths[::-1][:-1]]
    for number, (source, target) in enumerate(zip(encoder, decoder, strict=True), start=1):
        convolution = nn.Conv2d(source, target, 1, bias=False)
        nn.init.constant_(convolution.weight, SKIP_START)
        vae.decoder.add_module(f"skip_conv_{number}", convolution)


def encode(vae: Any, picture: Tensor, noise: torch.Generator) -> tuple[Tensor, list[Tensor]]:
    """Return the latent (N,C,H/8,W/8) of pictures (N,3,H,W) in [-1, 1], and what skips carry.

    The latent is drawn with `noise` from the distribution that the encoder gives, as in training.
    """
    encoder = vae.encoder
    x, inputs = encoder.conv_in(picture), []
    for block in encoder.down_blocks:
        inputs.append(x)
        x = block(x)
    x = encoder.conv_out(encoder.conv_act(encoder.conv_norm_out(encoder.mid_block(x))))
    latent = DiagonalGaussianDistribution(vae.quant_conv(x)).sample(noise)
    return latent * vae.config.scaling_factor, inputs


def decode(vae: Any, latent: Tensor, inputs: list[Tensor]) -> Tensor:
    """Return pictures (N,3,H,W) in [-1, 1] of latents and what skips carry."""
    decoder = vae.decoder
    x = decoder.conv_in(vae.post_quant_conv(latent / vae.config.scaling_factor))
    x = decoder.mid_block(x)
    for number, (block, carried) in enumerate(
        zip(decoder.up_blocks, reversed(inputs), strict=True), start=1
    ):
        x = block(x + decoder.get_submodule(f"skip_conv_{number}")(carried))
    picture: Tensor = decoder.conv_out(decoder.conv_act(decoder.conv_norm_out(x)))
    return picture.clamp(-1, 1)
