"""One training step: each phase that is due, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.optim import Optimizer

from recyclegan import ranks
from recyclegan.training.precision import Precision
from recyclegan.training.state import TrainingState
from recyclegan.translators.phase import Part, Phase, Pictures

Scalars = dict[str, Tensor]
Gradients = dict[Tensor, Tensor]
"""The gradient of a loss by weight."""


def train_step(
    state: TrainingState, batches: Sequence[Pictures], *, step: int, progress: float, clip: float
) -> dict[str, float]:
    """Run the phases that are due at a step and return what they measured, by name.

    A phase's gradient is the mean over the batches, and over those of all processes; one that is
    not finite changes no weight. Raw terms are `losses/<term>`, gradient norms
    `gradient_norms/<phase>`, the rest `measures/<name>`.
    """
    for pictures in batches:
        pictures.step = step
    scalars: Scalars = {}
    for phase in state.translator.phases:
        if step % phase.interval == 0:
            scalars |= _run(phase, state, batches, progress, clip)
    if state.precision.scaler.is_enabled():
        state.precision.scaler.update()
    measures = _means([pictures.measures for pictures in batches])
    scalars |= {f"measures/{name}": measures[name] for name in sorted(measures)}
    # Read at once: each reading by itself would make the host wait for the device.
    return dict(zip(scalars, torch.stack([*scalars.values()]).tolist(), strict=True))


def _run(
    phase: Phase, state: TrainingState, batches: Sequence[Pictures], progress: float, clip: float
) -> Scalars:
    optimizer = state.optimizers[phase.optimizer]
    optimizer.zero_grad(set_to_none=True)
    for name, network in state.translator.networks.items():
        network.requires_grad_(name in phase.trains)
    found: list[Scalars] = []
    for terms, gradients in _compute_parts(phase, state, batches, progress):
        found.append(terms)
        for weight, gradient in gradients.items():
            weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
    sums = [w.grad for g in optimizer.param_groups for w in g["params"] if w.grad is not None]
    if len(batches) > 1:
        torch._foreach_div_(sums, len(batches))
    ranks.average(sums)
    norm = _update(optimizer, phase.mixed_precision, state.precision, clip)
    return {f"losses/{name}": term for name, term in _means(found).items()} | {
        f"gradient_norms/{phase.name}": norm
    }


def _compute_parts(
    phase: Phase, state: TrainingState, batches: Sequence[Pictures], progress: float
) -> Iterator[tuple[Scalars, Gradients]]:
    """Yield what `_compute` returns of each part for each batch, in their order."""
    for pictures in batches:
        # A source of chance for each part: which of two comes first must not matter.
        seeds = torch.randint(2**63 - 1, (len(phase.parts),), generator=state.random).tolist()
        yield from state.side_by_side(
            [
                partial(_compute, phase, part, state, pictures, progress, seed)
                for part, seed in zip(phase.parts, seeds, strict=True)
            ]
        )


def _compute(
    phase: Phase, part: Part, state: TrainingState, pictures: Pictures, progress: float, seed: int
) -> tuple[Scalars, Gradients]:
    """Return a part's raw terms by name, and the gradient of its share of the phase's loss."""
    with state.precision.autocast(phase.mixed_precision):
        terms = part(pictures, progress, torch.Generator().manual_seed(seed))
    loss = phase.loss(terms, progress)
    if phase.mixed_precision:
        loss = state.precision.scaler.scale(loss)
    networks = state.translator.networks
    weights = [weight for name in phase.trains for weight in networks[name].parameters()]
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    return (
        {name: term.detach() for name, term in terms.items()},
        {w: g for w, g in zip(weights, gradients, strict=True) if g is not None},
    )


def _means(found: Sequence[Scalars]) -> Scalars:
    """Return the mean of each value over those that have it."""
    names = dict.fromkeys(name for values in found for name in values)
    return {n: torch.stack([v[n] for v in found if n in v]).mean() for n in names}


def _update(optimizer: Optimizer, mixed: bool, precision: Precision, clip: float) -> Tensor:
    """Take an optimizer's step, clipped where `clip` is not zero; return the gradients' norm."""
    scaled = mixed and precision.scaler.is_enabled()
    if scaled:
        precision.scaler.unscale_(optimizer)
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(weights, clip or float("inf"))
    if scaled:
        precision.scaler.step(optimizer)
    else:
        # A fused optimizer leaves out the step by itself, so that the host need not look.
        optimizer.found_inf = (~norm.isfinite()).float()  # type: ignore[attr-defined]
        optimizer.step()
    return norm
