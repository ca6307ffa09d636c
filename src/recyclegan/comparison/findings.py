"""Everything that was found out about the sets, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recyclegan.comparison.material import Material
from recyclegan.comparison.matrices import Matrix
from recyclegan.comparison.perceptual import Perceptual
from recyclegan.evaluation.choosing import Choice
from recyclegan.evaluation.instruments import Network
from recyclegan.evaluation.measuring import Measured
from recyclegan.metrics.resampling import Figure


@dataclass(frozen=True)
class Seen:
    """LPIPS between the sets, and the network that it was seen through."""

    name: str
    """`lpips_alex` or `lpips_vgg`."""
    network: Network
    distances: Perceptual
    distributions: Mapping[str, Mapping[str, Any]]
    """Of the distances to the real pictures, by set, the real one first."""


@dataclass(frozen=True)
class Findings:
    """What was read, what it was measured with, and what came out."""

    material: Material
    choice: Choice
    measured: Mapping[str, Measured]
    halves: Mapping[str, Figure]
    """One half of the real pictures against the other."""
    matrices: Mapping[str, Matrix]
    seen: Seen | None
    """None where no LPIPS is at hand."""
