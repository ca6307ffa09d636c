"""Replay buffer of earlier translations (Shrivastava et al. 2017; Zhu et al. 2017, section 4)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class ReplayBuffer:
    """Shows a discriminator earlier translations half of the time, so that it does not forget them.

    Pictures are kept in half precision where they were made: finer than the eight bits of a real
    picture, and half the size in a checkpoint.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.pictures: list[Tensor] = []

    def swap(self, fakes: Tensor, random: torch.Generator) -> Tensor:
        """Return, for each new fake, itself or an older one that it then replaces.

        Fakes (N,3,H,W) in [-1, 1], without gradient; the same shape comes back. Pictures of another
        size than theirs are forgotten.
        """
        if self.pictures and self.pictures[0].shape != fakes.shape[1:]:
            self.pictures = []
        return torch.stack([self._swap_one(fake, random) for fake in fakes.detach()])

    def _swap_one(self, fake: Tensor, random: torch.Generator) -> Tensor:
        if len(self.pictures) < self.capacity:
            self.pictures.append(fake.half())
            return fake
        if not self.capacity or torch.rand((), generator=random) < 0.5:
            return fake
        place = int(torch.randint(self.capacity, (), generator=random))
        older = self.pictures[place].to(fake)
        self.pictures[place] = fake.half()
        return older

    def state_dict(self) -> dict[str, Any]:
        """Return the pictures in their order."""
        return {"pictures": list(self.pictures)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the pictures of `state_dict`."""
        self.pictures = list(state["pictures"])
