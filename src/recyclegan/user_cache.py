"""Where things are kept that can be computed again."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache_dir() -> Path:
    """Return the folder `recyclegan` in the user's cache; it need not be there yet."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "recyclegan"
