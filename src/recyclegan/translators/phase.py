"""Phases of a training step as data (the idea: Karras et al., StyleGAN3's training loop)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Pictures:
    """What the phases of one step hand on: pictures (N,3,H,W) in [-1, 1], and what they measured.

    The suffix is the domain that a picture is in. Translations are added by the generators' phase,
    without gradient, for the discriminators' phase.
    """

    real_a: Tensor
    real_b: Tensor
    translated: dict[str, Tensor] = field(default_factory=dict)
    measures: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """One optimizer step: which networks learn, from which terms, how often.

    `terms(pictures, progress)` returns raw scalar terms by name, where progress is the share of
    the training that is over; the loss is their sum under `weights`. All networks not named in
    `trains` are frozen meanwhile. A phase of interval k runs at every k-th step, and its weights
    are multiplied by k (lazy regularisation, Karras et al. 2020, appendix B).
    """

    name: str
    trains: tuple[str, ...]
    optimizer: str
    weights: Mapping[str, float]
    terms: Callable[[Pictures, float], dict[str, Tensor]]
    interval: int = 1
    mixed_precision: bool = True

    def loss(self, terms: Mapping[str, Tensor]) -> Tensor:
        """Return the weighted sum of the raw terms, a scalar."""
        total = sum(self.weights[name] * self.interval * term for name, term in terms.items())
        assert isinstance(total, Tensor)
        return total
