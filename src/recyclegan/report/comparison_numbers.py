"""How the comparison's page writes numbers and lists of names."""

from __future__ import annotations

from collections.abc import Sequence

MAX_NAMES = 6
"""A longer list of names in a sentence ends in "and 12 others"."""


def decimal(value: float | None, digits: int, *, signed: bool = False) -> str:
    """Return a figure with so many decimals and a true minus sign, or a dash where it is None."""
    if value is None:
        return "–"
    rounded = round(value, digits) + 0.0  # Adding zero takes the sign off a negative one.
    return f"{rounded:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def span(interval: Sequence[float] | None, digits: int) -> str:
    """Return "0.012 to 0.034", or nothing where there is no interval."""
    if interval is None:
        return ""
    low, high = interval
    return f"{decimal(low, digits)} to {decimal(high, digits)}"


def amount(value: float | None) -> str:
    """Return a large count in three figures: "1.67 M", "49.6 G"."""
    if value is None:
        return "–"
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """Return seconds in three figures, in milliseconds below one second."""
    if seconds is None:
        return "–"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def list_names(names: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c", or the first few and how many others there are."""
    if len(names) > MAX_NAMES:
        kept = MAX_NAMES - 1
        return f"{', '.join(names[:kept])} and {len(names) - kept} others"
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
