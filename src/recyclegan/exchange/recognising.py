"""What a file of weights holds that is no ResNet generator of the public CycleGAN code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from recyclegan.errors import UserError

FOREIGN = {
    r"generator_(a2b|b2a)\.": "generators of this project, which every command takes as they are",
    r"model\.model\.": "a U-Net generator (pix2pix's), which this project has none of",
    r".*\.filt$": "an antialiased generator (CUT's), whose resampling this project has not",
    r"model\.0\.weight": "a discriminator, which translates nothing",
    r"net\.": "a pixel discriminator, which translates nothing",
    r"model\.2\.weight": "a generator with weighted norms (--norm batch); CycleGAN's have none",
    r".*\.conv_block\.0\.weight": "a generator whose residual blocks are padded with zeros",
    r".*(weight_orig$|parametrizations\.)": "weights with a spectral norm, which is not known here",
}
"""What other networks of that code and its relatives are known by, and what to say of them."""

GENERATOR = r"model\.\d+\.conv_block\."
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def is_statistic(name: str) -> bool:
    """Return whether a tensor is a running statistic, which InstanceNorm has no use for."""
    return name.endswith(STATISTICS)


def refuse_foreign(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Pass if tensors are named like those of a ResNet generator with three colour channels.

    Raises:
        UserError: they are not; says what they are, as far as that is known.
    """
    wanted = "give a latest_net_G*.pth trained with --netG resnet_9blocks or resnet_6blocks"
    for pattern, what in FOREIGN.items():
        if any(re.match(pattern, name) for name in tensors):
            raise UserError(f"{path} holds {what}; {wanted}.")
    if not any(re.match(GENERATOR, name) for name in tensors):
        raise UserError(
            f"Nothing in {path} is of a public CycleGAN generator (it begins with "
            f"{next(iter(tensors), 'no tensor')}); {wanted}."
        )
    first = tensors.get("model.1.weight")
    if first is not None and first.ndim == 4 and first.shape[1] != 3:
        raise UserError(
            f"{path} translates pictures of {first.shape[1]} channels (--input_nc), not of 3; "
            f"{wanted}."
        )
