"""What a tuning of few weights has of its own: its files, and words on what it trains."""

from __future__ import annotations

from torch import nn

from recyclegan.checkpoint.adapter import AdapterInfo, adapter_bytes, merged
from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes
from recyclegan.checkpoint.store import ADAPTER, GENERATORS
from recyclegan.config import TrainConfig
from recyclegan.networks.tuning import frozen_tensors, trained_tensors


def model_files(generators: nn.Module, info: GeneratorInfo, train: TrainConfig) -> dict[str, bytes]:
    """Return what a checkpoint holds to translate with, by file name.

    The generators as a plain model, whatever was trained of them; and what was trained by itself,
    where that is not all.
    """
    trained = trained_tensors(generators)
    files = {GENERATORS: generators_bytes(merged(frozen_tensors(generators), trained), info)}
    if train.tune != "full":
        assert train.start_from is not None and train.start_sha256 is not None
        made = AdapterInfo(train.tune, train.lora_rank, train.start_from, train.start_sha256, info)
        files[ADAPTER] = adapter_bytes(trained, made)
    return files


def describe_tuning(generator: nn.Module, train: TrainConfig) -> str:
    """Return a sentence on what is trained of a generator; empty where that is all."""
    if train.tune == "full":
        return ""
    trained, frozen = trained_tensors(generator), frozen_tensors(generator)
    num, total = (sum(t.numel() for t in part.values()) for part in (trained, trained | frozen))
    parts = f"gains and offsets of {sum(name.endswith('.bias') for name in trained)} normalisations"
    left_out = ""
    if train.tune == "lora":
        num_adapters = sum(name.endswith(".lora_A") for name in trained)
        parts = f"adapters of rank {train.lora_rank} on {num_adapters} convolutions, and the first"
        parts += " and the last convolution"
        num_transposed = sum(isinstance(m, nn.ConvTranspose2d) for m in generator.modules())
        if num_transposed:
            left_out = f" {num_transposed} transposed convolutions stay as they are: peft has no "
            left_out += "adapter for them."
    share = num / total
    return f"Training {num:,} of {total:,} weights a generator ({share:.1%}): {parts}.{left_out}"
