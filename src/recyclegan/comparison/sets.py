"""The sets that are compared, and what is said on the command line of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recyclegan.errors import UserError
from recyclegan.evaluation.baselines import BASELINES, DARK_CHANNEL, REAL_HALVES
from recyclegan.evaluation.sets import PictureSet, find_files, read_set
from recyclegan.translation.record import read_record

Role = Literal["real", "set", "baseline"]

MIN_SETS, MAX_SETS = 3, 50
"""A map needs three points, and with more than fifty none that can be read."""

REAL, TRUTH = "real", "truth"
RESERVED = frozenset((REAL, TRUTH, REAL_HALVES, "source", *BASELINES, DARK_CHANNEL))
"""Names that a comparison gives itself."""

LOSSLESS = frozenset((".png", ".bmp", ".dib", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"))
JPEG = frozenset((".jpg", ".jpeg", ".jpe", ".jfif"))


@dataclass(frozen=True)
class ComparedSet:
    """Pictures under the name that all tables and maps give them."""

    name: str
    role: Role
    pictures: PictureSet
    record: Mapping[str, Any]
    """What `translate` wrote beside them, or nothing."""

    @property
    def num(self) -> int:
        """How many readable pictures there are."""
        return len(self.pictures)

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """How many pictures there are of each (width, height)."""
        return Counter(picture.size for picture in self.pictures.pictures.values())

    @property
    def formats(self) -> tuple[str, ...]:
        """The kinds of file: "lossless", "JPEG", or another's suffix."""
        return tuple(sorted({_format(path) for path in self.pictures.paths}))


def named_folders(flag: str, words: Sequence[str]) -> dict[str, Path]:
    """Return {name: folder} of words like NAME=DIR.

    Raises:
        UserError: a word has no '=', no name or no folder, or two have one name.
    """
    folders: dict[str, Path] = {}
    for word in words:
        name, _, folder = word.partition("=")
        if not (name.strip() and folder):
            raise UserError(f"{flag} {word}: NAME=DIR is wanted, for example {flag} mine=out/mine.")
        if name in folders:
            raise UserError(f"{flag} has the name {name!r} twice; give each folder its own.")
        folders[name] = Path(folder)
    return folders


def require_sets(folders: Mapping[str, Path]) -> None:
    """Pass if there are as many sets as a map can show, under names that are free.

    Raises:
        UserError: too few, too many, or a name that the comparison needs itself.
    """
    if not MIN_SETS <= len(folders) <= MAX_SETS:
        raise UserError(
            f"--sets names {len(folders)} of them: {MIN_SETS} to {MAX_SETS} can be compared; fewer "
            "are measured one by one with `recyclegan evaluate`."
        )
    taken = [name for name in folders if name.lower() in RESERVED]
    if taken:
        raise UserError(
            f"--sets {taken[0]}=…: a comparison calls something else {taken[0].lower()}; choose "
            "another name."
        )


def read_folder(
    flag: str, name: str, role: Role, folder: Path, on_progress: Callable[[int, int], None]
) -> ComparedSet:
    """Decode all pictures of a folder once; those that cannot be read are in `pictures.bad`.

    Raises:
        UserError: no such folder, two pictures of one name, or fewer than two that can be read.
    """
    files = find_files(flag, folder, paired=name != REAL)
    pictures = read_set(folder, files, on_progress=on_progress)
    if len(pictures) < 2:
        raise UserError(
            f"{folder} ({name}) has {len(pictures)} readable picture; a set needs at least two."
        )
    return ComparedSet(name, role, pictures, read_record(folder))


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in LOSSLESS:
        return "lossless"
    return "JPEG" if suffix in JPEG else suffix.lstrip(".")
