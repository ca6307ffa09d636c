"""PatchNCE: each place of a translation is to know its own in the source (Park et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def patch_nce(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """Return the mean cross-entropy of finding each query's own key, a scalar from 0 (eqs. 2 to 4).

    Features (N,P,C) of P places in N translations, and of the same places in their sources, which
    get no gradient; they are compared by the cosine over the temperature. The other P - 1 places of
    the same picture are the only negatives, so that a batch changes nothing. At least in float32.
    """
    wide = torch.promote_types(queries.dtype, torch.float32)
    with torch.autocast(queries.device.type, enabled=False):
        ours = F.normalize(queries.to(wide), dim=-1)
        theirs = F.normalize(keys.detach().to(wide), dim=-1)
        logits = ours @ theirs.transpose(1, 2) / temperature
        own = torch.arange(logits.shape[1], device=logits.device).expand(len(logits), -1)
        return F.cross_entropy(logits.flatten(0, 1), own.flatten())
