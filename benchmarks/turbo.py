"""How large is CycleGAN-turbo, and what does a picture take?

    .venv/bin/python benchmarks/turbo.py --sides 256 512

Parameters and multiply-adds are counted on the "meta" device: nothing is allocated. Memory and time
are those of one direction with random weights in float32, one process a size; they need 5 GB and
more, and are left out without `--sides`. The configurations are those of SD-Turbo (the sizes of
Stable Diffusion 2.1).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from recyclegan.atomic import write_json
from recyclegan.memory import keep_memory
from recyclegan.translation.turbo import num_multiply_adds
from recyclegan.turbo.adapters import VAE_ADAPTER, VAE_ALPHA, put_on
from recyclegan.turbo.autoencoder import add_skips
from recyclegan.turbo.network import TurboNetwork

RESULT = Path(__file__).with_suffix(".json")
UNET = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "attention_head_dim": (5, 10, 20, 20),
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
}
VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
TEXT = {
    "vocab_size": 49408,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
}
RANK_UNET, RANK_VAE = 80, 4
"""80 is the rank that gives the published 81.114 M; the training code's own default is 128."""

UNET_WORDS = ("to_k", "to_q", "to_v", "to_out.0", "conv", "proj_out", "proj_in", "ff.net")
VAE_MODULES = (
    *("conv1", "conv2", "conv_in", "conv_shortcut", "conv", "conv_out"),
    *(f"skip_conv_{number}" for number in (1, 2, 3, 4)),
    *("to_k", "to_q", "to_v", "to_out.0"),
)


def count(rank_unet: int = RANK_UNET) -> dict[str, int]:
    """Return the number of values of each part, and of the sums that are in use."""
    with torch.device("meta"):
        unet, vae = UNet2DConditionModel(**UNET), AutoencoderKL(**VAE)
        parts = {
            "unet": _all(unet),
            "autoencoder": _all(vae),
            "text_encoder": _all(CLIPTextModel(CLIPTextConfig(**TEXT))),
            "discriminator": _all(_discriminator()),
        }
        add_skips(vae)
        parts["skips"] = _all(vae) - parts["autoencoder"]
        put_on(unet, "default", _adapted(unet), rank=rank_unet, alpha=rank_unet)
        put_on(vae, VAE_ADAPTER, VAE_MODULES, rank=RANK_VAE, alpha=VAE_ALPHA)
    parts["unet_adapters"] = _all(unet) - parts["unet"]
    parts["autoencoder_adapters"] = _all(vae) - parts["autoencoder"] - parts["skips"]
    parts["input_convolution"] = _all(unet.conv_in.base_layer)
    parts["total"] = _all(unet) + 2 * _all(vae) + parts["text_encoder"] + 2 * parts["discriminator"]
    parts["trained"] = (
        parts["unet_adapters"] + 2 * parts["autoencoder_adapters"] + parts["input_convolution"]
    )
    parts["said_to_be_trained"] = (
        parts["unet_adapters"]
        + 2 * parts["autoencoder_adapters"]
        + parts["text_encoder"]
        + 2 * parts["discriminator"]
    )
    parts["one_direction"] = parts["unet"] + parts["autoencoder"] + parts["skips"]
    return parts


def one_direction() -> TurboNetwork:
    """Return the network that translates, on the "meta" device."""
    with torch.device("meta"):
        unet, vae = UNet2DConditionModel(**UNET), AutoencoderKL(**VAE)
        add_skips(vae)
        caption = torch.empty(1, 77, TEXT["hidden_size"])
    scheduler = DDPMScheduler(timestep_spacing="trailing", clip_sample=False)
    scheduler.set_timesteps(1)
    return TurboNetwork(unet, vae, caption, scheduler).requires_grad_(False).eval()


@torch.inference_mode()
def run(side: int) -> dict[str, float]:
    """Return what one square picture took: gigabytes above the loaded network's, and seconds."""
    keep_memory()
    network = one_direction().to_empty(device="cpu")
    for values in (*network.parameters(), *network.buffers()):
        values.normal_(0, 0.01)
    loaded = _peak()
    begin = perf_counter()
    network(torch.rand(1, 3, side, side) * 2 - 1)
    seconds = perf_counter() - begin
    return {"loaded_gb": loaded, "picture_gb": _peak() - loaded, "seconds": seconds}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _all(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _adapted(unet: nn.Module) -> list[str]:
    """Return the names of the modules of the UNet that training adapts."""
    return [
        name.removesuffix(".weight")
        for name, _ in unet.named_parameters()
        if not ("bias" in name or "norm" in name) and any(word in name for word in UNET_WORDS)
    ]


def _discriminator() -> nn.Module:
    """Return what is trained of vision-aided-gan's judge, on three levels of a frozen CLIP."""
    level = nn.Sequential(nn.Conv2d(768, 256, 3), nn.Conv2d(256, 1, 1))
    other = nn.Sequential(nn.Conv2d(768, 256, 3), nn.Conv2d(256, 1, 1))
    return nn.ModuleList([level, other, nn.Linear(512, 256), nn.Linear(256, 1)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[], help="pictures to translate")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(run(args.one)))
        return
    result = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    result |= {
        "parameters": count(),
        "rank_unet": RANK_UNET,
        "rank_vae": RANK_VAE,
        "trained_at_rank_128": count(128)["trained"],
        "multiply_adds_512x512": num_multiply_adds(one_direction(), 512, 512),
    }
    for side in args.sides:
        command = [sys.executable, __file__, "--one", str(side)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        machine = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
        row = json.loads(answer) | {"machine": machine, "load": os.getloadavg()[0]}
        result.setdefault("pictures", {})[f"{side}x{side}"] = row
    write_json(RESULT, result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
