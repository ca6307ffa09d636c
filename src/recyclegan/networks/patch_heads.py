"""What PatchNCE compares: maps at some places, each through a small network (Park et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

FEATURES = 256


class PatchHeads(nn.Module):
    """A perceptron of two layers for each map; all exist from the start, as a checkpoint wants."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(width, FEATURES), nn.ReLU(), nn.Linear(FEATURES, FEATURES))
            for width in widths
        )

    def reset_to_start(self) -> None:
        """Draw weights from N(0, 0.02); biases are zero, else all places would begin alike."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, maps: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """Return features (N,P,256) of maps (N,C,h,w), each at its P places of h * w."""
        triples = zip(self.heads, maps, places, strict=True)
        return [head(m.flatten(2)[:, :, where].transpose(1, 2)) for head, m, where in triples]
