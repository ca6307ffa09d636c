"""From a file of adapters and SD-Turbo to a network that translates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer
from transformers.utils import logging as transformers_logging

from recyclegan.errors import UserError
from recyclegan.networks.weights import check_fit
from recyclegan.turbo.adapters import VAE_ADAPTER, VAE_ALPHA, fold_in, put_on
from recyclegan.turbo.autoencoder import add_skips
from recyclegan.turbo.network import TurboNetwork
from recyclegan.turbo.published import Adapter, Published


def load_network(
    published: Published, base: Path, direction: str, caption: str, path: Path
) -> TurboNetwork:
    """Return one direction's network in float32, its adapters folded in.

    Args:
        published: the content of the file of adapters at `path`.
        base: SD-Turbo, in the layout of diffusers.
        direction: "a2b" or "b2a", which says whose autoencoder is taken.
        caption: what the result ought to show.
        path: for messages.

    Raises:
        UserError: a file of the base cannot be read, or the adapters are of another base.
    """
    with _quiet():
        # The autoencoder first: it takes a moment, and shows whether file and base belong together.
        vae = _autoencoder(base / "vae/config.json", published.vae[direction], path)
        unet = _pretrained(UNet2DConditionModel, base / "unet")
        for name, adapter in published.unet.items():
            _adapt(unet, name, adapter, base, path)
        fold_in(unet)
        scheduler = _described(
            DDPMScheduler, base / "scheduler/scheduler_config.json", timestep_spacing="trailing"
        )
        scheduler.set_timesteps(1)
        return TurboNetwork(unet, vae, _embed(caption, base), scheduler)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep progress bars and remarks of the libraries from the command's own output."""
    libraries = (diffusers_logging, transformers_logging)
    before = [(each.get_verbosity(), each.is_progress_bar_enabled()) for each in libraries]
    try:
        for each in libraries:
            each.set_verbosity_error()
            each.disable_progress_bar()
        yield
    finally:
        for each, (verbosity, had_bar) in zip(libraries, before, strict=True):
            each.set_verbosity(verbosity)
            if had_bar:
                each.enable_progress_bar()


def _autoencoder(config: Path, adapter: Adapter, path: Path) -> Any:
    with torch.device("meta"):
        vae = _described(AutoencoderKL, config)
        add_skips(vae)
    try:
        put_on(vae, VAE_ADAPTER, adapter.modules, rank=adapter.rank, alpha=VAE_ALPHA)
    except ValueError as error:
        raise _unlike(path, config.parent, error) from None
    check_fit(vae.state_dict(), adapter.weights, f"the autoencoder in {config.parent}", path)
    vae.load_state_dict(adapter.weights, assign=True)
    fold_in(vae)
    return vae


def _adapt(unet: Any, name: str, adapter: Adapter, base: Path, path: Path) -> None:
    """Put one adapter of the UNet on it, with its weights."""
    try:
        put_on(unet, name, adapter.modules, rank=adapter.rank, alpha=adapter.rank)
    except ValueError as error:
        raise _unlike(path, base / "unet", error) from None
    own = get_peft_model_state_dict(unet, adapter_name=name)
    check_fit(own, adapter.weights, f"the UNet in {base / 'unet'}", path)
    set_peft_model_state_dict(
        unet, dict(adapter.weights), adapter_name=name, low_cpu_mem_usage=True
    )


def _embed(caption: str, base: Path) -> Tensor:
    """Return the caption's embedding (1,L,D); the text encoder is not kept."""
    encoder = _pretrained(CLIPTextModel, base / "text_encoder")
    try:
        tokenizer = CLIPTokenizer.from_pretrained(base / "tokenizer", local_files_only=True)
    except Exception as error:
        raise _unreadable(base / "tokenizer", error) from None
    length = encoder.config.max_position_embeddings
    tokens = tokenizer(
        caption, max_length=length, padding="max_length", truncation=True, return_tensors="pt"
    )
    with torch.inference_mode():
        return encoder(tokens.input_ids).last_hidden_state.clone()


def _pretrained(kind: Any, folder: Path) -> Any:
    """Return a network from a folder of safetensors, never from a pickle nor from the Hub."""
    try:
        network, loaded = kind.from_pretrained(
            folder,
            torch_dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # Each reader raises what it likes for a damaged file.
        raise _unreadable(folder, error) from None
    if loaded["missing_keys"]:
        lacking = sorted(loaded["missing_keys"])[0]
        raise UserError(f"{folder} is not whole: its weights lack {lacking}; fetch it again.")
    return network.eval()


def _described(kind: Any, path: Path, **changes: Any) -> Any:
    """Return what a configuration describes, without weights."""
    try:
        return kind.from_config(json.loads(path.read_text()), **changes)
    except Exception as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> UserError:
    reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
    return UserError(f"{path} cannot be read ({reason}); give --base a whole SD-Turbo.")


def _unlike(path: Path, folder: Path, error: Exception) -> UserError:
    reason = str(error).splitlines()[0][:100]
    return UserError(f"{path} does not adapt what is in {folder} ({reason}); give its own --base.")
