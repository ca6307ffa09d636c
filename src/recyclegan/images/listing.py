"""The one lister of picture files, used by every command."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from recyclegan.errors import UserError

COMMON = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
RARE = (".jpe", ".jfif", ".avif", ".jp2", ".dib", ".tga", ".ppm", ".pgm", ".pbm", ".pnm")
EXTENSIONS = frozenset((*COMMON, *RARE))
"""Files that count as pictures, in lower case; the comparison is blind to case."""

LITTER = frozenset(("__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "lost+found"))
"""Names that operating systems leave behind; whatever starts with a dot is litter too."""


@dataclass(frozen=True)
class Listing:
    """The pictures below a folder, sorted by relative path, and what was passed over."""

    paths: tuple[Path, ...]
    num_ignored: int
    """Files that are no pictures, hidden or stray entries, and second names of a listed file."""
    unreadable: tuple[Path, ...] = ()
    """Sub-folders that may not be looked into."""


def list_images(
    folder: Path, *, recursive: bool = True, extensions: Collection[str] = EXTENSIONS
) -> Listing:
    """Return every picture in a folder once; a hidden folder counts as one ignored entry.

    With other `extensions`, in lower case, every file of these in the place of pictures.

    Links are followed, loops are not; a link to nothing is listed, so that reading it reports it.
    A sub-folder that cannot be read is passed over and named in the listing.

    Raises:
        UserError: the folder is missing, is a file or cannot be read; names it and the way out.
    """
    require_folder(folder)
    paths: list[Path] = []
    unreadable: list[Path] = []
    num_ignored = 0
    known: set[str] = set()
    for directory, file_names, num_hidden in _walk(folder, recursive, unreadable):
        num_ignored += num_hidden
        for name in sorted(file_names):
            path = directory / name
            real = os.path.realpath(path)
            if _is_wanted(path, extensions) and real not in known:
                known.add(real)
                paths.append(path)
            else:
                num_ignored += 1
    paths.sort(key=lambda path: path.relative_to(folder).as_posix())
    return Listing(tuple(paths), num_ignored, tuple(sorted(unreadable)))


def require_folder(folder: Path) -> None:
    """Pass if a folder is there.

    Raises:
        UserError: it is missing or a file; says what stands next to it, and the nearest name.
    """
    if folder.is_dir():
        return
    if folder.exists():
        raise UserError(f"{folder} is a file, but a folder of pictures is wanted: name its folder.")
    parent = next((above for above in folder.parents if above.is_dir()), Path())
    names = sorted(entry.name for entry in parent.iterdir() if entry.is_dir())
    missing = folder.relative_to(parent).parts[0]
    nearest = get_close_matches(missing, names, n=1)
    held = ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "no folder"
    hint = f"did you mean {parent / nearest[0]}?" if nearest else "check the path."
    raise UserError(f"No folder {folder}: {parent.resolve()} holds {held}; {hint}")


def is_litter(name: str) -> bool:
    """Return whether a file or folder name is hidden or left behind by an operating system."""
    return name.startswith(".") or name.lower() in LITTER


def _is_wanted(path: Path, extensions: Collection[str]) -> bool:
    # A pipe or device with a picture's name would block the reader for ever.
    # These two, unlike the path's own methods, take a file that may not be looked at as missing.
    regular = os.path.isfile(path) or not os.path.exists(path)  # noqa: PTH110, PTH113
    return regular and path.suffix.lower() in extensions and not is_litter(path.name)


def _walk(
    folder: Path, recursive: bool, unreadable: list[Path]
) -> Iterator[tuple[Path, list[str], int]]:
    """Yield each real folder once: where, its file names, and how many sub-folders were hidden.

    Those that cannot be read are added to `unreadable`.
    """

    def note(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise UserError(
                f"{folder} cannot be read ({error.strerror}): check its permissions."
            ) from None
        unreadable.append(Path(error.filename))

    visited: set[str] = set()
    for directory, folder_names, file_names in os.walk(folder, followlinks=True, onerror=note):
        here = os.path.realpath(directory)
        if here in visited:
            folder_names.clear()
            continue
        visited.add(here)
        num_hidden = sum(map(is_litter, folder_names))
        # Sorted, so that of two links to one folder it is always the same that is followed.
        folder_names[:] = sorted(n for n in folder_names if recursive and not is_litter(n))
        yield Path(directory), file_names, num_hidden
