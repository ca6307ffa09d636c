"""A set of pictures to be measured: every file decoded once, hashed and named."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recyclegan.data.manifest import BadFile
from recyclegan.errors import UserError
from recyclegan.evaluation.pairing import names_below
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.listing import list_images
from recyclegan.images.parallel import across_ranks

MAX_SIZES = 3
"""So many sizes of a set are told by name; the others are counted together."""


@dataclass(frozen=True)
class Picture:
    """A readable file of a set."""

    path: Path
    sha256: str
    size: tuple[int, int]
    """Width and height in pixels, upright."""


@dataclass(frozen=True)
class PictureSet:
    """The readable pictures of a set, sorted by name; `bad` are the other files."""

    path: str
    """Where they lie, as it was given."""
    pictures: Mapping[str, Picture]
    bad: tuple[BadFile, ...] = ()

    def __len__(self) -> int:
        return len(self.pictures)

    def __contains__(self, name: str) -> bool:
        return name in self.pictures

    @property
    def names(self) -> tuple[str, ...]:
        """Relative paths without suffix, sorted."""
        return tuple(self.pictures)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files in the order of their names."""
        return tuple(picture.path for picture in self.pictures.values())

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents: it depends neither on the place nor on the order."""
        return digest_of({name: picture.sha256 for name, picture in self.pictures.items()})

    def only(self, names: Collection[str]) -> PictureSet:
        """Return the part of the set whose names are among those given."""
        return replace(self, pictures={n: p for n, p in self.pictures.items() if n in names})

    def as_json(self) -> dict[str, Any]:
        """Return what the record says of the set."""
        pictures = self.pictures.values()
        formats = Counter(picture.path.suffix.lower().lstrip(".") for picture in pictures)
        sizes = Counter("{}x{}".format(*picture.size) for picture in pictures)
        common = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
        shown, rest = dict(common[:MAX_SIZES]), common[MAX_SIZES:]
        return {
            "path": self.path,
            "num": len(self),
            "digest": self.digest,
            "formats": dict(sorted(formats.items())),
            "sizes": shown | ({"others": sum(num for _, num in rest)} if rest else {}),
        }


def digest_of(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 over names, in their order, and the hashes of the files they stand for."""
    lines = (f"{name}\0{sha256}\n" for name, sha256 in hashes.items())
    # A file name need not be UTF-8.
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def find_files(flag: str, folder: Path, *, paired: bool = True) -> dict[str, Path]:
    """Return the picture files below a folder by name, without reading any.

    Names are relative paths without suffix. Where none are to be paired, two files that differ in
    their suffix alone keep it.

    Raises:
        UserError: the folder is missing, a file or holds no picture, or two files that are to be
            paired have one name.
    """
    paths = list_images(folder).paths
    if not paths:
        raise UserError(f"--{flag} {folder} holds no picture: name a folder that does.")
    if paired:
        return names_below(folder, paths)
    relative = [path.relative_to(folder) for path in paths]
    num = Counter(path.with_suffix("") for path in relative)
    return {
        (name if num[stem] > 1 else stem).as_posix(): path
        for path, name in zip(paths, relative, strict=True)
        for stem in (name.with_suffix(""),)
    }


def read_set(
    path: Path | str,
    files: Mapping[str, Path],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> PictureSet:
    """Decode files in full, given by name; what cannot be read is listed, not raised.

    Raises:
        UserError: no file can be read.
    """

    def read(file: Path) -> Picture | BadFile:
        try:
            content = read_bytes(file)
            size = decode_bytes(content, file).size
        except UnreadableImage as error:
            return BadFile(error.path, error.reason)
        return Picture(file, hashlib.sha256(content).hexdigest(), size)

    names = sorted(files)
    pictures: dict[str, Picture] = {}
    bad: list[BadFile] = []
    found = across_ranks(read, [files[name] for name in names], on_progress=on_progress)
    for name, picture in zip(names, found, strict=True):
        if isinstance(picture, Picture):
            pictures[name] = picture
        else:
            bad.append(picture)
    if not pictures:
        why = f"{bad[0].path.name}: {bad[0].reason}" if bad else "there is none"
        raise UserError(f"No picture of {path} can be read ({why}): give one that can.")
    return PictureSet(str(path), pictures, tuple(bad))
