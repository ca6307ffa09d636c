"""Less flicker: what a translation does to broad areas changes no faster than the scene does."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from recyclegan.translation.video_motion import carried, motion

MUCH = 12.0
"""Grey levels by which a place departs from where it came from at which it is hardly trusted."""

NEAR = 5
"""Pixels a side over which that departure is averaged."""

CUT = 25.0
"""Mean departure from which a frame belongs to another scene."""


class State(NamedTuple):
    """What is remembered of the frame before, (1,3,H,W) each in [-1, 1]: itself, its result."""

    source: Tensor
    tone: Tensor


def steadied(
    state: State | None, source: Tensor, translated: Tensor, amount: float
) -> tuple[Tensor, State]:
    """Return a translated frame with less of what changed by itself, and what to remember.

    Of each place, the result is `amount` of what the place was in the frame before, carried along
    the source's motion, and the rest of what it is now: an exponential average along the motion.
    Where the source does not agree with its own past (what was covered, lights, cuts) it counts for
    less, by exp(-(departure / 12)^2) in grey levels; at a cut nothing is carried over.

    Args:
        state: what was returned for the frame before; None at the start.
        source: the frame, (1,3,H,W) in [-1, 1].
        translated: its translation, likewise.
        amount: of the past, in [0, 1).
    """
    if state is None:
        return translated, State(source, translated)
    flow = motion(state.source, source)
    departure = (carried(state.source, flow) - source).abs().mean(dim=1, keepdim=True) * 127.5
    if departure.mean() > CUT:
        return translated, State(source, translated)
    near = F.avg_pool2d(departure, NEAR, 1, NEAR // 2, count_include_pad=False)
    trust = amount * torch.exp(-((near / MUCH) ** 2))
    result = torch.lerp(translated, carried(state.tone, flow), trust)
    return result, State(source, result)
