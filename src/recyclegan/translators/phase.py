"""Phases of a training step as data (the idea: Karras et al., StyleGAN3's training loop)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Pictures:
    """What the phases of one step hand on: pictures (N,3,H,W) in [-1, 1], and what they measured.

    The suffix is the domain that a picture is in. Translations are added by the generators' phase,
    without gradient, for the discriminators' phase. `step` is the number of the step.
    """

    real_a: Tensor
    real_b: Tensor
    translated: dict[str, Tensor] = field(default_factory=dict)
    measures: dict[str, Tensor] = field(default_factory=dict)
    step: int = 0

    def real(self, domain: str) -> Tensor:
        """Return the real pictures of a domain, "a" or "b"."""
        return {"a": self.real_a, "b": self.real_b}[domain]


Part = Callable[[Pictures, float, torch.Generator], dict[str, Tensor]]
"""`part(pictures, progress, random)` returns raw scalar terms by name; progress is the share of the
training that is over, and random the part's only source of chance."""


@dataclass(frozen=True)
class Phase:
    """One optimizer step: which networks learn, from which terms, how often.

    The loss is the sum of all parts' terms under `weights`; a weight that `final_weights` names
    moves there in a straight line over the training. Parts hang together through nothing but
    the weights, so that they can be computed one after another, which takes less memory, or at
    once, with the same gradients. All networks not named in `trains` are frozen meanwhile. A phase
    of interval k runs at every k-th step, and its weights are multiplied by k (lazy regularisation,
    Karras et al. 2020, appendix B).
    """

    name: str
    trains: tuple[str, ...]
    optimizer: str
    weights: Mapping[str, float]
    parts: tuple[Part, ...]
    interval: int = 1
    mixed_precision: bool = True
    final_weights: Mapping[str, float] = field(default_factory=dict)

    def loss(self, terms: Mapping[str, Tensor], progress: float = 0.0) -> Tensor:
        """Return the weighted sum of raw terms, a scalar, at a share of the training."""
        total = sum(
            self._weight(name, progress) * self.interval * term for name, term in terms.items()
        )
        assert isinstance(total, Tensor)
        return total

    def _weight(self, name: str, progress: float) -> float:
        weight = self.weights[name]
        return weight + progress * (self.final_weights.get(name, weight) - weight)
