"""PSNR and SSIM of pictures whose true version is known, one figure a picture."""

from __future__ import annotations

from torch import Tensor

from recyclegan.errors import UserError
from recyclegan.metrics.shapes import require_same_shape

DATA_RANGE = 2.0
"""Peak-to-peak range of a picture in [-1, 1]; never taken from the data. Equals 255 grey levels."""

SSIM_WINDOW = 11
"""Pixels a side of SSIM's Gaussian window (sigma 1.5)."""


def psnr(pictures: Tensor, truth: Tensor) -> Tensor:
    """Return each picture's peak signal-to-noise ratio, 10 log10(range^2 / mean squared error).

    Pictures are (N, 3, H, W) in [-1, 1]; the result is (N,) in dB. A picture equal to its truth
    gives infinity, which the caller counts apart: one such value would make any mean worthless.

    Raises:
        ValueError: The shapes differ.
    """
    # Imported when first needed: it takes seconds, which no typing mistake should wait for.
    from torchmetrics.functional.image import peak_signal_noise_ratio

    require_same_shape(pictures, truth)
    return peak_signal_noise_ratio(
        pictures, truth, data_range=DATA_RANGE, reduction="none", dim=(1, 2, 3)
    )


def ssim(pictures: Tensor, truth: Tensor) -> Tensor:
    """Return each picture's structural similarity, the mean over channels and window positions.

    Pictures are (N, 3, H, W) in [-1, 1]; the result is (N,), 1 for equal pictures. Only windows
    that lie wholly inside the picture count. Wang et al. 2004, eq. 13, with its constants.

    Raises:
        ValueError: The shapes differ.
        UserError: A side is under 11 px, so that no window fits.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    require_same_shape(pictures, truth)
    height, width = pictures.shape[-2:]
    if min(height, width) < SSIM_WINDOW:
        raise UserError(
            f"SSIM looks through a window of {SSIM_WINDOW} px and these pictures are "
            f"{width}x{height}: give pictures of at least {SSIM_WINDOW} px a side."
        )
    # torchmetrics' own mean counts windows over its mirrored padding too; the paper's does not.
    _, similarity = structural_similarity_index_measure(
        pictures,
        truth,
        kernel_size=SSIM_WINDOW,
        data_range=DATA_RANGE,
        reduction="none",
        return_full_image=True,
    )
    margin = SSIM_WINDOW // 2
    inside: Tensor = similarity[..., margin : height - margin, margin : width - margin]
    return inside.mean(dim=(1, 2, 3))
