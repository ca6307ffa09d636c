"""Low-rank adapters (LoRA, Hu et al. 2021) put on a network, given their weights, and folded in."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import nn

VAE_ADAPTER = "vae_skip"
VAE_ALPHA = 8
"""The autoencoder's adapters count `VAE_ALPHA` / rank times; those of the UNet once."""


def put_on(network: nn.Module, name: str, modules: Sequence[str], *, rank: int, alpha: int) -> None:
    """Put an adapter W + alpha / rank * B A on each module named, without values yet.

    Raises:
        ValueError: the network has none of these modules.
    """
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(modules))
    with warnings.catch_warnings():
        # Several adapters are meant, each for modules of its own.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        # On "meta", so that a false rank in a file takes no memory before shapes are compared.
        with torch.device("meta"):
            inject_adapter_in_model(config, network, adapter_name=name, low_cpu_mem_usage=True)


def fold_in(network: nn.Module) -> None:
    """Add every adapter to the weights that it adapts, and leave the plain network."""
    for name, module in list(network.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge(adapter_names=list(module.lora_A))
            network.set_submodule(name, module.get_base_layer())
