"""What shines at night: where a light is and what it throws on the street."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from recyclegan.data.scenes.surfaces import Colour


@dataclass(frozen=True)
class Source:
    """A sort of light: its look when off and on, and the light it throws."""

    lens: Colour
    """Albedo by day."""
    glow: Colour
    """Radiance of the lens at night; 1 is a white wall in good light."""
    power: Colour
    """Radiant intensity: irradiance at one metre."""
    beam: tuple[float, float, float]
    """Where it mostly shines; the zero vector shines all around."""
    streak: float
    """How bright its mirror image on the road is."""

    @property
    def reach(self) -> float:
        """Return the distance in metres at which its light is as dim as that of the night sky."""
        return math.sqrt(max(self.power) / 0.02)


LAMP = Source((0.7, 0.7, 0.66), (18.0, 12.0, 5.6), (42.0, 25.0, 10.5), (0.0, -1.0, 0.0), 0.12)
HEADLIGHT = Source((0.6, 0.62, 0.65), (11.0, 10.0, 8.5), (1.6, 1.5, 1.25), (0.0, -0.15, -1.0), 1.2)
TAILLIGHT = Source(
    (0.35, 0.02, 0.02), (3.4, 0.17, 0.08), (0.16, 0.01, 0.005), (0.0, -0.2, -1.0), 0.5
)
RED = Source((0.4, 0.02, 0.02), (9.0, 0.5, 0.2), (0.25, 0.01, 0.01), (0.0, 0.0, -1.0), 0.6)
GREEN = Source((0.02, 0.35, 0.22), (0.5, 8.0, 4.5), (0.01, 0.25, 0.14), (0.0, 0.0, -1.0), 0.6)
AMBER = Source((0.5, 0.28, 0.02), (9.0, 4.0, 0.3), (0.2, 0.1, 0.01), (0.0, 0.0, -1.0), 0.6)


class Light(NamedTuple):
    """One light in the street, at a place (x, y, z) in metres."""

    place: tuple[float, float, float]
    source: Source
