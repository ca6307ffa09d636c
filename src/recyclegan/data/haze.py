"""Datasets of haze with truth: many aligned crops of a few large pairs."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.data.building import Dropped, Outcome, arrange, build
from recyclegan.data.complete_folder import resumable_folder
from recyclegan.data.haze_depth import read_depth
from recyclegan.data.haze_pairs import HazePair, Kind, find_pairs
from recyclegan.data.manifest import Entry, make_manifest, write_manifest
from recyclegan.data.scenes.haze import add_haze
from recyclegan.errors import UserError
from recyclegan.images.decoding import UnreadableImage, decode

DOMAINS = {"a": "hazy", "b": "clear"}
AIRLIGHT = (0.85, 0.85, 0.87)
"""Colour of the added haze: one for all, so that adding it has one answer."""
SIDES_OF_CROPS = 4
"""The short side of a pair, by default, in sides of a crop."""
TEST_FRACTION = 0.2
UNREADABLE = "cannot be read"

_MARKER = "manifest.json"
_FOLDERS = ("trainA", "trainB", "testA", "testB", "truthA", "truthB")
_PARTS = {*_FOLDERS, "preparation.json", "dropped.csv"}


@dataclass(frozen=True)
class HazeSettings:
    """How the pictures are made; lengths in px, depths in m, `betas` in 1/m."""

    kind: Kind
    size: int = 256
    short_side: int | None = None
    betas: tuple[float, ...] = (0.1, 0.2, 0.4)
    depth_scale: float = 0.001
    max_depth: float = 10.0
    seed: int = 0

    @property
    def truth_beta(self) -> float:
        """The strength of the one true version of a clear picture: the middle one."""
        return sorted(self.betas)[len(self.betas) // 2]


@dataclass(frozen=True)
class Prepared:
    """What was made: crops of the training and test pictures by domain, and what was dropped."""

    counts: Mapping[str, tuple[int, int]]
    dropped: Mapping[str, Outcome]


def prepare_haze(
    src: Path,
    out_dir: Path,
    settings: HazeSettings,
    *,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Write trainA, testA, truthB (hazy) and trainB, testB, truthA (clear), each with its lists.

    Both pictures of a pair are shrunk alike to the short side (never enlarged) and cut into a
    centred grid of crops. All crops of a pair are on one side of the split.

    Raises:
        UserError: A setting is out of range, nothing pairs or can be used, or `out_dir` is in use.
    """
    _check(src, out_dir, settings)
    pairs, alone = find_pairs(src, settings.kind)
    begun = {"source": _fingerprint(src, pairs), **asdict(settings)}
    with resumable_folder(
        out_dir, settings=begun, marker=_MARKER, parts=_PARTS, overwrite=overwrite
    ) as folder:
        outcomes = build(
            folder, pairs, lambda pair: _crops_of(pair, src, settings), on_progress=on_progress
        )
        made = {name: outcome for name, outcome in outcomes.items() if not outcome.dropped}
        dropped = alone | {name: outcomes[name] for name in outcomes if outcomes[name].dropped}
        if not made:
            first = next(outcome for outcome in outcomes.values() if outcome.dropped)
            raise UserError(
                f"None of the {len(pairs)} pairs in {src} can be used; the first: {first.dropped} "
                f"({first.detail})."
            )
        entries = _place(folder, made, settings)
        write_manifest(make_manifest(entries, DOMAINS), folder / _MARKER)
        counts = {name: _numbers(entries, domain) for domain, name in DOMAINS.items()}
        _describe(folder, src, settings, counts, {"pairs": len(pairs), "used": len(made)}, dropped)
    return Prepared(counts, dropped)


def grid(width: int, height: int, size: int) -> list[tuple[int, int, int, int]]:
    """Return the boxes of as many `size` x `size` crops as fit, row by row, centred."""
    columns, rows = width // size, height // size
    left, top = (width - columns * size) // 2, (height - rows * size) // 2
    corners = [(left + c * size, top + r * size) for r in range(rows) for c in range(columns)]
    return [(x, y, x + size, y + size) for x, y in corners]


def shrink(image: Image.Image, short_side: int) -> Image.Image:
    """Return a picture whose short side is at most `short_side` px (LANCZOS, same aspect)."""
    scale = short_side / min(image.size)
    if scale >= 1:
        return image
    width, height = (max(short_side, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _crops_of(pair: HazePair, src: Path, settings: HazeSettings) -> dict[str, Image.Image]:
    """Return the crops of a pair; those of equal name but for `_beta...` show the same place."""
    try:
        clear = decode(pair.clear)
        hazy = _hazy_versions(pair, clear, settings)
    except UnreadableImage as error:
        raise Dropped(UNREADABLE, f"{error.path.relative_to(src)}: {error.reason}") from None
    other = next(iter(hazy.values())).size
    if clear.size != other:
        raise Dropped("sizes differ", "{}x{} and {}x{}".format(*clear.size, *other))
    if min(clear.size) < settings.size:
        raise Dropped("too small", "{}x{}".format(*clear.size))
    short_side = settings.short_side or SIDES_OF_CROPS * settings.size
    crops: dict[str, Image.Image] = {}
    for side, ending, picture in [("B", "", clear), *(("A", *item) for item in hazy.items())]:
        small = shrink(picture, short_side)
        for number, box in enumerate(grid(*small.size, settings.size)):
            crops[f"made{side}/{pair.name}_{number:03d}{ending}.png"] = small.crop(box)
    return crops


def _hazy_versions(
    pair: HazePair, clear: Image.Image, settings: HazeSettings
) -> dict[str, Image.Image]:
    """Return the hazy pictures by the ending of their names."""
    if settings.kind != "d-hazy":
        return {"": decode(pair.other)}
    depth = read_depth(pair.other, settings.depth_scale, settings.max_depth)
    if depth.shape[::-1] != clear.size:
        sizes = (*clear.size, *depth.shape[::-1])
        raise Dropped("sizes differ", "{}x{} and {}x{}".format(*sizes))
    pixels = np.asarray(clear)
    # Haze is added before shrinking, as a camera would see it: depths must not be averaged.
    return {
        _ending(beta): Image.fromarray(add_haze(pixels, depth, beta, AIRLIGHT))
        for beta in settings.betas
    }


def _ending(beta: float) -> str:
    return f"_beta{beta:g}".replace(".", "p")


def _place(folder: Path, made: Mapping[str, Outcome], settings: HazeSettings) -> list[Entry]:
    """Move the crops to their parts, copy the truth of the test crops, and list them all."""
    tests = _held_out(list(made), settings.seed)
    truth_ending = _ending(settings.truth_beta) if settings.kind == "d-hazy" else ""
    places: dict[str, str] = {}
    copies: dict[str, str] = {}
    entries: list[Entry] = []
    for name, outcome in made.items():
        split = "test" if name in tests else "train"
        crops = {picture.path: picture for picture in outcome.pictures}
        for path, picture in crops.items():
            domain, file_name = path[len("made")], path.split("/")[1]
            place = places[path] = f"{split}{domain}/{file_name}"
            entries.append(Entry(place, picture.sha256, picture.size, split, domain.lower()))
            if split == "train":
                continue
            stem = Path(file_name).stem
            place_of = stem.rsplit("_beta", 1)[0] if settings.kind == "d-hazy" else stem
            partner = (
                f"madeB/{place_of}.png" if domain == "A" else f"madeA/{stem}{truth_ending}.png"
            )
            truth = f"truth{domain}/{file_name}"
            copies[truth] = partner
            entries.append(
                Entry(truth, crops[partner].sha256, picture.size, "truth", domain.lower())
            )
    arrange(folder, places)
    for truth, partner in copies.items():
        (folder / truth).parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / places[partner], folder / truth)
    return entries


def _held_out(names: list[str], seed: int) -> set[str]:
    """Return the pairs to test on: a fifth, and at least one where two can be used."""
    least = min(1, len(names) - 1)
    number = max(least, round(TEST_FRACTION * len(names)))
    return set(sorted(names, key=lambda name: _digest(f"{seed} {name}"))[:number])


def _numbers(entries: list[Entry], domain: str) -> tuple[int, int]:
    splits = [entry.split for entry in entries if entry.domain == domain]
    return splits.count("train"), splits.count("test")


def _describe(
    folder: Path,
    src: Path,
    settings: HazeSettings,
    crops: Mapping[str, tuple[int, int]],
    numbers: Mapping[str, int],
    dropped: Mapping[str, Outcome],
) -> None:
    """Write preparation.json and dropped.csv."""
    added = (
        {"airlight": AIRLIGHT, "truth_beta": settings.truth_beta}
        if settings.kind == "d-hazy"
        else {}
    )
    split = {name: dict(zip(("train", "test"), both, strict=True)) for name, both in crops.items()}
    write_json(
        folder / "preparation.json",
        {
            "source": str(src),
            "settings": asdict(settings) | added,
            "counts": {**numbers, "dropped": len(dropped), "crops": split},
        },
    )
    with (folder / "dropped.csv").open("w", newline="", encoding="utf-8") as lines:
        table = csv.writer(lines)
        table.writerow(("file", "reason", "detail"))
        table.writerows((name, o.dropped, o.detail) for name, o in dropped.items())


def _fingerprint(src: Path, pairs: Mapping[str, HazePair]) -> str:
    """Return what changes when a source file does, so that a resume does not mix two versions."""
    files = (path for pair in pairs.values() for path in (pair.clear, pair.other))
    stats = ((path.relative_to(src), path.lstat()) for path in files)
    lines = (f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)
    return _digest("\n".join((str(src.resolve()), *lines)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _check(src: Path, out_dir: Path, settings: HazeSettings) -> None:
    if out_dir.resolve().is_relative_to(src.resolve()):
        raise UserError(f"{out_dir} lies inside {src}, which is read: choose a folder beside it.")
    if not 32 <= settings.size <= 2048:
        raise UserError(f"--size {settings.size} is out of range: give 32 to 2048.")
    if settings.short_side is not None and settings.short_side < settings.size:
        raise UserError(
            f"--short-side {settings.short_side} is under --size {settings.size}: no crop fits."
        )
    if not settings.betas or min(settings.betas) <= 0:
        raise UserError("--betas must be positive strengths in 1/m, such as 0.1 0.2 0.4.")
    if len({_ending(beta) for beta in settings.betas}) < len(settings.betas):
        raise UserError("--betas names a strength twice: give each once.")
    if settings.depth_scale <= 0 or settings.max_depth <= 0:
        raise UserError("--depth-scale and --max-depth must be positive metres.")
