"""One training step: each phase that is due, in order."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.optim import Optimizer

from recyclegan.training.precision import Precision
from recyclegan.translators.cyclegan import CycleGAN
from recyclegan.translators.phase import Phase, Pictures


def train_step(
    translator: CycleGAN,
    optimizers: Mapping[str, Optimizer],
    precision: Precision,
    pictures: Pictures,
    *,
    step: int,
    progress: float,
    clip: float,
) -> dict[str, float]:
    """Run the phases that are due at a step and return what they measured, by name.

    Raw terms are `losses/<term>`, gradient norms `gradient_norms/<phase>`, the rest
    `measures/<name>`.
    """
    scalars: dict[str, float] = {}
    for phase in translator.phases:
        if step % phase.interval == 0:
            optimizer = optimizers[phase.optimizer]
            scalars |= _run(phase, translator, optimizer, precision, pictures, progress, clip)
    if precision.scaler.is_enabled():
        precision.scaler.update()
    return scalars | {f"measures/{name}": float(v) for name, v in pictures.measures.items()}


def _run(
    phase: Phase,
    translator: CycleGAN,
    optimizer: Optimizer,
    precision: Precision,
    pictures: Pictures,
    progress: float,
    clip: float,
) -> dict[str, float]:
    for name, network in translator.networks.items():
        network.requires_grad_(name in phase.trains)
    optimizer.zero_grad(set_to_none=True)
    with precision.autocast(phase.mixed_precision):
        terms = phase.terms(pictures, progress)
    loss = phase.loss(terms)
    scaled = precision.scaler.is_enabled() and phase.mixed_precision
    torch.autograd.backward(precision.scaler.scale(loss) if scaled else loss)
    if scaled:
        precision.scaler.unscale_(optimizer)
    norm = _guard(optimizer, clip)
    if norm.isfinite():
        precision.scaler.step(optimizer) if scaled else optimizer.step()
    return {f"losses/{name}": term.item() for name, term in terms.items()} | {
        f"gradient_norms/{phase.name}": norm.item()
    }


def _guard(optimizer: Optimizer, clip: float) -> torch.Tensor:
    """Return the norm of all gradients of an optimizer, and clip it where `clip` is not zero."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    return torch.nn.utils.clip_grad_norm_(parameters, clip or float("inf"))
