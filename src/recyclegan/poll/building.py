"""From sets of pictures to a poll and its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recyclegan.atomic import sha256
from recyclegan.errors import UserError
from recyclegan.evaluation.pairing import names_below
from recyclegan.evaluation.sets import digest_of
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.listing import list_images
from recyclegan.poll.composing import NUM_BALLOTS, SOURCE, Settings, compose
from recyclegan.poll.files import Key, Poll, SetOfPictures, plain
from recyclegan.poll.pictures import encode, shrunk
from recyclegan.translation.record import common_domains, read_record

SHELL = 40_000
"""Bytes of a page without its pictures and questions."""

ENTRY = 80
"""Bytes of a question and of its place on a ballot."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Built:
    """A poll, its key, and what is to be said about them."""

    poll: Poll
    key: Key
    num_pictures: int
    """Different names that are asked about."""
    left_out: tuple[UnreadableImage, ...]
    notes: tuple[str, ...]


def question_about(folders: Iterable[Path]) -> str:
    """Return what to ask of sets: named after the domain that they were translated to, if known."""
    domains = common_domains(map(read_record, folders))
    # Of folders called A and B nobody has a picture in mind.
    kind = f"{domains[1]} " if domains and len(domains[1]) > 1 else ""
    return f"Which looks more like a real {kind}photo?"


def build_poll(
    sets: Mapping[str, Path], source: Path | None, settings: Settings, on_progress: Progress
) -> Built:
    """Return a poll on the pictures whose name is in every set (and among the sources).

    Raises:
        UserError: a folder is missing, no name is in all of them, or not one picture fits.
    """
    folders = {**sets, SOURCE: source} if source else dict(sets)
    files = {label: names_below(path, list_images(path).paths) for label, path in folders.items()}
    common = set.intersection(*map(set, files.values()))
    if not common:
        counts = ", ".join(f"{label} has {len(names)}" for label, names in files.items())
        raise UserError(
            f"No file name is in every set ({counts}): pictures belong together by name without "
            "suffix, so give the translations of one source one name."
        )
    rng = np.random.default_rng(settings.seed)
    reading = _Reading(settings)
    order = [str(name) for name in rng.permutation(sorted(common))]
    for place, name in enumerate(order):
        if reading.full:
            break
        reading.add(name, {label: names[name] for label, names in files.items()})
        on_progress(place + 1, len(order))
    if not reading.encoded:
        raise UserError(_nothing(reading, settings))
    notes = [
        f"{label}: {num} pictures have no partner in every set and are not asked about"
        for label, names in files.items()
        if (num := len(set(names) - common))
    ]
    if reading.full:
        notes.append(
            f"{len(reading.encoded)} of {len(order)} pictures, drawn by the seed, are asked about: "
            f"more would make the page larger than {settings.max_megabytes:g} MB (--max-megabytes)"
        )
    if reading.unlike:
        notes.append(
            f"{len(reading.unlike)} pictures differ in size between sets (first: "
            f"{reading.unlike[0]}), which may tell voters one set from another"
        )
    asked = {
        label: _describe(path, {name: files[label][name] for name in sorted(reading.encoded)})
        for label, path in sets.items()
    }
    poll, key = compose(reading.encoded, asked, settings, rng)
    return Built(poll, key, len(reading.encoded), tuple(reading.bad), tuple(notes))


def _describe(folder: Path, files: Mapping[str, Path]) -> SetOfPictures:
    digest = digest_of({name: sha256(path) for name, path in files.items()})
    return SetOfPictures(plain(str(folder)), len(files), digest)


class _Reading:
    """Pictures encoded name by name until a page would be too large."""

    def __init__(self, settings: Settings) -> None:
        self.encoded: dict[str, dict[str, str]] = {}
        self.bad: list[UnreadableImage] = []
        self.unlike: list[str] = []
        self.full = False
        num_asked = settings.num_questions + settings.num_checks
        self._room = settings.max_megabytes * 1e6 - SHELL - NUM_BALLOTS * ENTRY * num_asked
        self._num_spoilt = (settings.num_checks + 1) // 2

    def add(self, name: str, paths: Mapping[str, Path]) -> None:
        """Encode one name's pictures, or note why not."""
        try:
            shown = {label: shrunk(decode(path)) for label, path in paths.items()}
        except UnreadableImage as error:
            self.bad.append(error)
            return
        row = {label: encode(picture) for label, picture in shown.items()}
        size = sum(map(len, row.values()))
        if not self.encoded:
            size += self._num_spoilt * max(map(len, row.values()))
        if size > self._room:
            self.full = True
            return
        self._room -= size
        self.encoded[name] = row
        if len({picture.size for label, picture in shown.items() if label != SOURCE}) > 1:
            self.unlike.append(name)


def _nothing(reading: _Reading, settings: Settings) -> str:
    if reading.full:
        return (
            f"Not one picture of every set fits into {settings.max_megabytes:g} MB: raise "
            "--max-megabytes, or name fewer sets."
        )
    return f"No picture can be read in every set (first: {reading.bad[0]}): mend the files."
