"""Path-length regularisation (Karras et al. 2020, equation 4), made stable for translation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class PathLength:
    """Holds the size of a generator's Jacobian near its own running mean.

    For each picture x the length is l = |J(x)^T y| with y ~ N(0, I/(CHW)), and the term is the mean
    of (l/a - 1)^2. Unlike the original the target a starts at the first mean observed, not at zero,
    and the deviation is relative to it, so that its scale does not matter. Call it in float32.
    """

    EPSILON = 1e-8

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.target: float | None = None

    def __call__(
        self, generate: Callable[[Tensor], Tensor], real: Tensor, random: torch.Generator
    ) -> Tensor:
        """Return the term, a scalar, for pictures (N,3,H,W) in [-1, 1] and move the target."""
        picture = real.detach().float().requires_grad_()
        output = generate(picture)
        noise = torch.randn(output.shape, generator=random).to(output)
        noise = noise / output[0].numel() ** 0.5
        (gradient,) = torch.autograd.grad((output * noise).sum(), picture, create_graph=True)
        lengths = (gradient.square().sum(dim=(1, 2, 3)) + self.EPSILON).sqrt()
        mean = lengths.mean().item()
        before = mean if self.target is None else self.target
        self.target = before + (1 - self.decay) * (mean - before)
        return (lengths / self.target - 1).square().mean()

    def state_dict(self) -> dict[str, float | None]:
        """Return the running target."""
        return {"target": self.target}

    def load_state_dict(self, state: dict[str, float | None]) -> None:
        """Take up a running target."""
        self.target = state["target"]
