"""How much memory there is, and how this process asks the system for it."""

from __future__ import annotations

import ctypes
import os
import sys

ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1
"""Names of settings in the C library's malloc.h."""

KEPT = 256 * 2**20
"""Bytes up to which a freed map is kept: those of larger pictures would pile up."""


def keep_memory() -> None:
    """Let this process keep memory that it frees, so that maps do not start on new pages each time.

    On Linux a map would else be mapped, filled with zeros by the system and unmapped for every
    layer, which takes a third of the time. Elsewhere nothing happens.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ARENA_MAX, 1)
        mallopt(MMAP_THRESHOLD, KEPT)
        mallopt(TRIM_THRESHOLD, KEPT)


def machine_memory() -> int | None:
    """Return the bytes of memory that this machine has, None where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
