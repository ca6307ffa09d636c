"""What a training has read: every file decoded, hashed and listed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from recyclegan.atomic import write_json
from recyclegan.data.layouts import DomainFiles, UnpairedFolders
from recyclegan.errors import UserError
from recyclegan.images.decoding import UnreadableImage, decode_bytes, read_bytes
from recyclegan.images.parallel import across_ranks


@dataclass(frozen=True)
class BadFile:
    """A file that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Entry:
    """A picture: its path below the common folder, its content and its part."""

    path: str
    sha256: str
    size: tuple[int, int]
    """Width and height in pixels, upright."""
    split: str
    """`train`, `test` or `truth`."""
    domain: str
    """`a` or `b`; a true version stands under the domain of the test picture it belongs to."""


@dataclass(frozen=True)
class Manifest:
    """The pictures of a dataset; `digest` is the data's identity.

    The digest is made of names, contents and parts: it depends neither on the place on disk nor
    on the order of the listing.
    """

    entries: tuple[Entry, ...]
    digest: str
    domains: Mapping[str, str]
    """What a and b are called."""


def scan(
    folders: UnpairedFolders, *, on_progress: Callable[[int, int], None] | None = None
) -> tuple[UnpairedFolders, Manifest, tuple[BadFile, ...]]:
    """Decode every file in full; return the folders without the bad files, what is in them, those.

    Args:
        folders: what to read.
        on_progress: called with the number of files read and their total, after each of this
            process's share.

    Raises:
        UserError: a domain has no training picture left; names the first bad one.
    """
    parts = list(parts_of(folders))
    paths = [path for path, _, _ in parts]
    root = _common_folder(paths)
    entries: list[Entry] = []
    bad: list[BadFile] = []
    found = across_ranks(_read, paths, on_progress=on_progress)
    for (path, domain, split), read in zip(parts, found, strict=True):
        if isinstance(read, BadFile):
            bad.append(read)
        else:
            name = path.relative_to(root) if root else path
            entries.append(Entry(name.as_posix(), *read, split, domain))
    lost = {file.path: file for file in bad}
    good = replace(folders, a=_without(folders.a, lost), b=_without(folders.b, lost))
    domains = {"a": folders.a.name, "b": folders.b.name}
    return good, make_manifest(entries, domains), tuple(lost.values())


def make_manifest(entries: Sequence[Entry], domains: Mapping[str, str]) -> Manifest:
    """Return the manifest of pictures, with their identity."""
    return Manifest(tuple(entries), _digest(entries), domains)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest as JSON: `{"digest": ..., "domains": ..., "entries": [{...}, ...]}`."""
    write_json(
        path,
        {
            "digest": manifest.digest,
            "domains": dict(manifest.domains),
            "entries": [asdict(entry) for entry in manifest.entries],
        },
    )


def training_entries(folders: UnpairedFolders, manifest: Manifest) -> dict[Path, Entry]:
    """Return what a manifest says of each training picture of the folders that it was made of."""
    paths = (*folders.a.train, *folders.b.train)
    entries = (entry for entry in manifest.entries if entry.split == "train")
    return dict(zip(paths, entries, strict=True))


def parts_of(folders: UnpairedFolders) -> Iterator[tuple[Path, str, str]]:
    """Yield each picture with its domain (`a`, `b`) and its split, as in an `Entry`."""
    for name, domain in (("a", folders.a), ("b", folders.b)):
        for split, paths in (
            ("train", domain.train),
            ("test", domain.test),
            ("truth", domain.truth.values()),
        ):
            for path in paths:
                yield path, name, split


def _read(path: Path) -> tuple[str, tuple[int, int]] | BadFile:
    try:
        content = read_bytes(path)
        size = decode_bytes(content, path).size
    except UnreadableImage as error:
        return BadFile(error.path, error.reason)
    return hashlib.sha256(content).hexdigest(), size


def _without(domain: DomainFiles, lost: dict[Path, BadFile]) -> DomainFiles:
    train = tuple(path for path in domain.train if path not in lost)
    test = tuple(path for path in domain.test if path not in lost)
    truth = {p: t for p, t in domain.truth.items() if p not in lost and t not in lost}
    if not train:
        first = next((lost[path] for path in domain.train), None)
        example = f" (first {first.path}: {first.reason})" if first else ""
        raise UserError(
            f"None of the {len(domain.train)} training pictures of {domain.name} can be read"
            f"{example}: replace them, or name another folder."
        )
    return replace(domain, train=train, test=test, truth=truth)


def _common_folder(paths: list[Path]) -> Path | None:
    try:
        return Path(os.path.commonpath([path.parent for path in paths]))
    except ValueError:
        return None  # Two drives, or absolute and relative paths.


def _digest(entries: Sequence[Entry]) -> str:
    lines = sorted(f"{e.domain} {e.split} {Path(e.path).name} {e.sha256}" for e in entries)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
