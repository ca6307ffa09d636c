"""What an evaluation says, in a sentence that anyone can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {
    "identity": "the picture left as it is",
    "colour_transfer": "a mere colour transfer",
    "dark_channel": "haze removal by the dark channel",
}
UNITS = {"psnr": " dB", "ssim": ""}
DIGITS = {"psnr": 1, "ssim": 3}


def state_verdict(evaluation: Mapping[str, Any], metric: str = "psnr") -> str:
    """Compare the translator with each baseline by one metric, and say so where nothing is clear.

    A difference is called clear where its 95 % interval leaves out zero.
    """
    clauses = [
        _clause(NAMES[baseline], difference[metric], metric)
        for baseline, difference in evaluation["differences"].items()
    ]
    num = evaluation["num_pictures"]
    pictures = f"{num} held-out picture{'' if num == 1 else 's'}"
    return (
        f"Measured on {pictures} by {metric.upper()}, the translation is {', and '.join(clauses)}."
    )


def _clause(baseline: str, difference: Mapping[str, Any], metric: str) -> str:
    value, low, high = (difference[key] for key in ("value", "low", "high"))
    if low is None:
        return f"not comparable with {baseline} (too few pictures for an interval)"
    digits, unit = DIGITS[metric], UNITS[metric]
    figures = f"{value:+.{digits}f}{unit}, 95 % interval {low:+.{digits}f} to {high:+.{digits}f}"
    if low <= 0 <= high:
        return f"not clearly closer to the truth or further from it than {baseline} ({figures})"
    where = "closer to the truth than" if low > 0 else "further from the truth than"
    return f"{where} {baseline} ({figures})"
