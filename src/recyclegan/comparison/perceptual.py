"""LPIPS between whole sets: each picture through the network once, however many the pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from recyclegan.comparison.sets import REAL
from recyclegan.evaluation.sets import Picture, PictureSet
from recyclegan.images.decoding import decode
from recyclegan.images.parallel import in_parallel
from recyclegan.images.tensors import to_tensor

MAX_REAL = 200
"""Real pictures that all others are compared with, at most."""
MEMORY = 2**30
"""Bytes that the embeddings of those may take: with AlexNet at 256 x 256 all 200 take 0.5 GiB."""
GROUP = 16
"""Pictures whose embeddings are held beside those at a time, or one name's where that is more."""
SHORT_SIDES = (64, 256)
"""Pictures with a short side outside of this are resized."""

Array = NDArray[np.float64]
Embed = Callable[[Tensor], Tensor]
"""From (N,3,H,W) in [-1, 1] to vectors (N,E) whose squared Euclidean distance is LPIPS."""


@dataclass(frozen=True)
class Perceptual:
    """LPIPS of every picture to real ones, and of pictures of one name to each other."""

    size: tuple[int, int]
    """Width and height at which pictures were compared."""
    num_resized: int
    num_held: int
    """How many real pictures the others were compared with."""
    to_real: dict[str, Array]
    """{set or "real": (N,R)} in the order of its names; NaN beside the same file, and in "real"
    where the pair was counted before."""
    between: Array
    """(S,S) mean LPIPS of the pictures that two sets have the same names for; NaN without any."""


@dataclass(frozen=True)
class _Embedded:
    """Embeddings (N,E), each with the hash of its picture's file."""

    rows: Tensor
    sha256: NDArray[np.str_]

    @cached_property
    def squares(self) -> Tensor:
        return torch.linalg.vector_norm(self.rows, dim=1) ** 2

    def to(self, other: _Embedded) -> Array:
        """Return LPIPS (N,M) by |a - b|^2 = |a|^2 + |b|^2 - 2 a.b, never below 0."""
        squares = self.squares[:, None] + other.squares - 2 * self.rows @ other.rows.T
        distances: Array = squares.clamp(min=0).double().numpy()
        return distances

    def same(self, other: _Embedded) -> NDArray[np.bool_]:
        """Return where both are one file (N,M): there rounding would leave 1e-7 instead of 0."""
        return self.sha256[:, None] == other.sha256


def measure_perceptual(
    embed: Embed,
    real: PictureSet,
    sets: Mapping[str, PictureSet],
    *,
    on_progress: Callable[[int, int], None],
) -> Perceptual:
    """Compare all pictures of all sets with real ones, and with each other where names are equal.

    The real pictures that are held are chosen by the hash of their content. All are compared at
    the real set's most common size, shrunk or enlarged to a short side of 64 to 256 pixels; those
    of another size are squeezed to it (bicubic).
    """
    size = _common_size(real)
    held = _hold(embed, size, real)
    rest = real.only([n for n, p in real.pictures.items() if p.sha256 not in held.sha256])
    streams = {REAL: real, **sets}
    to_real = {label: np.full((len(s), len(held.sha256)), np.nan) for label, s in streams.items()}
    of_held = dict(zip(held.sha256, _to_held(held, held), strict=True))
    for row, picture in enumerate(real.pictures.values()):
        if picture.sha256 in of_held:
            to_real[REAL][row] = np.where(
                held.sha256 > picture.sha256, of_held[picture.sha256], np.nan
            )
    position = {label: index for index, label in enumerate(sets)}
    rows = {label: {n: row for row, n in enumerate(s.names)} for label, s in streams.items()}
    total, counts = np.zeros((2, len(sets), len(sets)))
    jobs = [*_grouped({REAL: rest}), *_grouped(sets)]
    for done, group in enumerate(jobs, 1):
        distinct = {s.pictures[n].sha256: s.pictures[n] for n, part in group for s in part.values()}
        embedded = _embed_all(embed, size, list(distinct.values()))
        place = {digest: row for row, digest in enumerate(distinct)}
        distances = _to_held(embedded, held)
        among = np.where(embedded.same(embedded), 0, embedded.to(embedded))
        for name, part in group:
            found = {label: place[s.pictures[name].sha256] for label, s in part.items()}
            for label, row in found.items():
                to_real[label][rows[label][name]] = distances[row]
            which = [position[label] for label in found if label != REAL]
            chosen = [row for label, row in found.items() if label != REAL]
            total[np.ix_(which, which)] += among[np.ix_(chosen, chosen)]
            counts[np.ix_(which, which)] += 1
        on_progress(done, len(jobs))
    between = np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)
    num_resized = sum(p.size != size for s in streams.values() for p in s.pictures.values())
    return Perceptual(size, num_resized, len(held.sha256), to_real, between)


def _common_size(pictures: PictureSet) -> tuple[int, int]:
    sizes = [picture.size for picture in pictures.pictures.values()]
    width, height = max(sorted(set(sizes)), key=sizes.count)
    short = min(width, height)
    scale = min(max(short, SHORT_SIDES[0]), SHORT_SIDES[1]) / short
    return round(width * scale), round(height * scale)


def _hold(embed: Embed, size: tuple[int, int], real: PictureSet) -> _Embedded:
    """Embed as many different real pictures as are allowed and fit."""
    distinct = {picture.sha256: picture for picture in real.pictures.values()}
    ordered = [distinct[digest] for digest in sorted(distinct)]
    bytes_each = _embed_all(embed, size, ordered[:1]).rows.nbytes
    return _embed_all(embed, size, ordered[: max(2, min(MAX_REAL, MEMORY // bytes_each))])


def _to_held(embedded: _Embedded, held: _Embedded) -> Array:
    return np.where(embedded.same(held), np.nan, embedded.to(held))


Group = list[tuple[str, dict[str, PictureSet]]]
"""Names, each with the sets that have a picture of that name."""


def _grouped(sets: Mapping[str, PictureSet]) -> list[Group]:
    """Return the work in steps of about `GROUP` pictures: one name is never torn apart."""
    groups: list[Group] = []
    room = 0
    for name in sorted({name for pictures in sets.values() for name in pictures.names}):
        having = {label: s for label, s in sets.items() if name in s.pictures}
        if room < len(having):
            groups.append([])
            room = GROUP
        groups[-1].append((name, having))
        room -= len(having)
    return groups


@torch.inference_mode()
def _embed_all(embed: Embed, size: tuple[int, int], pictures: Sequence[Picture]) -> _Embedded:
    def read(picture: Picture) -> Tensor:
        image = decode(picture.path)
        resized = image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)
        return to_tensor(resized)[None]

    rows = torch.empty(0)
    # One at a time: no neighbour changes a picture's vector, and activations stay small.
    for index, tensor in enumerate(in_parallel(read, pictures)):
        vector = embed(tensor)[0]
        if index == 0:
            rows = vector.new_empty(len(pictures), len(vector))
        rows[index] = vector
    return _Embedded(rows, np.array([picture.sha256 for picture in pictures]))
