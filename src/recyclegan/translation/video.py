"""Translating a video: as many frames, at the same times, as large, with the same sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from recyclegan import ranks
from recyclegan.errors import RunFailed, UserError
from recyclegan.images.decoding import UnreadableImage
from recyclegan.images.parallel import in_parallel
from recyclegan.images.tensors import to_image, to_tensor
from recyclegan.translation.cores import Cores
from recyclegan.translation.protocol import Translator
from recyclegan.translation.record import maker_of
from recyclegan.translation.video_encoding import (
    CONTAINERS,
    LARGEST_SIDE,
    SETTINGS,
    join,
)
from recyclegan.translation.video_source import Facts, Shown, examine, frames, require_av
from recyclegan.translation.video_steady import State, steadied
from recyclegan.translation.video_work import Finished, Work

STEADY = 0.6
"""Share of the frame before in each frame, by measurement (docs/video.md)."""

PIECE = 48
"""Frames that are kept as one piece: a cut costs at most the work on so many."""

OnProgress = Callable[[int, int], None]
"""Told the number of frames done and their total."""


@dataclass
class Video:
    """What became of a video: its result, whether that was there already, and what to say of it."""

    result: Path
    num_frames: int = 0
    size: tuple[int, int] = (0, 0)
    num_damaged: int = 0
    kept: bool = False
    went_on_from: int = 0
    remarks: list[str] = field(default_factory=list)


def translate_video(
    translator: Translator,
    source: str | Path,
    out: str | Path,
    *,
    steady: float = STEADY,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> Video:
    """Translate a video frame by frame into H.264 that browsers play.

    Frames keep their number, their times to the tick and their size, turned upright; where a side
    is odd, which H.264 for browsers cannot be, the last column or row is there twice. Audio is
    copied. A result that is there is kept unless `overwrite`. What is done of one that was cut is
    kept beside it, and the same call goes on from there to the same frames.

    Args:
        translator: what translates a picture.
        source: the video.
        out: the result, or a folder for it.
        steady: how much of flicker is averaged away, in [0, 1); 0 is frame by frame.
        overwrite: replace a result that is there.
        on_progress: told after each frame.

    Raises:
        UserError: PyAV is missing, the video cannot be read, or `out` does not fit.
        RunFailed: the result cannot be written; what is done is kept.
    """
    require_av()
    if not 0 <= steady < 1:
        raise UserError(f"--steady {steady:g} is no share: give 0 (as it comes) to 0.99.")
    if ranks.world_size() > 1:
        raise UserError("A video is translated by one process, in order: leave torchrun out.")
    source = Path(source)
    result = result_of(source, Path(out))
    if result.is_file() and not overwrite:
        return Video(result, kept=True)
    try:
        facts = examine(source)
        return _translate(translator, source, result, facts, steady, on_progress)
    except UnreadableImage as error:
        raise UserError(f"{error}.") from None
    except OSError as error:
        raise RunFailed(
            f"{result} cannot be written ({error.strerror or error}); make room or name another "
            "folder: what is done is kept, and the same command goes on from it."
        ) from None


def result_of(source: Path, out: Path) -> Path:
    """Return where the result of a video goes.

    Raises:
        UserError: `out` has an ending that is not written, or is the source.
    """
    if out.is_dir() or not out.suffix:
        result = out / f"{source.stem}{CONTAINERS[0]}"
    elif out.suffix.lower() in CONTAINERS:
        result = out
    else:
        raise UserError(f"{out.name} does not end in {', '.join(CONTAINERS)}; name the result so.")
    if result.resolve() == source.resolve():
        raise UserError(f"{result} is the video itself; name another place for the result.")
    return result


def _translate(
    translator: Translator,
    source: Path,
    result: Path,
    facts: Facts,
    steady: float,
    on_progress: OnProgress | None,
) -> Video:
    work = Work(result, _identity(translator, source, steady))
    done = len(work.times)
    video = Video(result, went_on_from=done)

    def finished() -> Iterator[Finished]:
        state = work.state()
        shown = _alike(frames(source, facts, skip=done), source)
        for num, (frame, picture) in enumerate(_translated(translator, shown), done):
            if on_progress:
                on_progress(num, facts.num_frames)
            video.size = picture.size
            video.num_damaged += frame.damaged
            if steady:
                picture, state = _steadied(state, frame.picture, picture, steady)
            yield Finished(even(picture), frame.time, frame.duration, state)

    coming = finished()
    while work.add(islice(coming, PIECE), facts) == PIECE:
        pass
    video.num_frames = len(work.times)
    if on_progress:
        on_progress(video.num_frames, video.num_frames)
    _finish(translator, source, result, facts, work, video)
    return video


def _finish(
    translator: Translator, source: Path, result: Path, facts: Facts, work: Work, video: Video
) -> None:
    """Join the pieces, say what is not as it was, and put the result in its place."""
    whole = work.folder / f"whole{result.suffix}"
    video.remarks += join(whole, work.pieces, work.times, source, facts, _metadata(translator))
    width, height = video.size
    if width % 2 or height % 2:
        video.remarks.append(
            f"its {width}x{height} became {width + width % 2}x{height + height % 2}, with the last "
            "column or row twice: H.264 for browsers needs even sides"
        )
    if video.num_damaged:
        video.remarks.append(f"{video.num_damaged} frames are damaged and were translated so")
    if facts.num_others:
        video.remarks.append(
            f"{facts.num_others} of its tracks, neither picture nor sound, were left out"
        )
    whole.replace(result)
    work.remove()


def _alike(shown: Iterator[Shown], source: Path) -> Iterator[Shown]:
    """Pass on frames of one size that H.264 has.

    Raises:
        UnreadableImage: they are too large, or one differs.
    """
    size = None
    for frame in shown:
        size = size or frame.picture.size
        if max(size) > LARGEST_SIDE:
            reason = f"{size[0]}x{size[1]} is beyond H.264, which ends at {LARGEST_SIDE} a side"
            raise UnreadableImage(source, reason)
        if frame.picture.size != size:
            raise UnreadableImage(source, "the size of its frames changes on the way")
        yield frame


def _translated(
    translator: Translator, shown: Iterable[Shown]
) -> Iterator[tuple[Shown, Image.Image]]:
    """Yield each frame with its translation; some are in work at once, as with pictures."""

    def translate(cores: Cores, frame: Shown) -> tuple[Shown, Image.Image]:
        with cores.taken(translator.num_bytes(frame.picture.size)):
            return frame, translator(frame.picture)

    with Cores(torch.get_num_threads()) as cores:
        workers = cores.num_workers
        work = partial(translate, cores)
        yield from in_parallel(work, shown, num_workers=workers, num_waiting=workers + 1)


def _steadied(
    state: State | None, source: Image.Image, translated: Image.Image, steady: float
) -> tuple[Image.Image, State]:
    with torch.inference_mode():
        pair = to_tensor(source)[None], to_tensor(translated)[None]
        result, state = steadied(state, *pair, steady)
    return to_image(result[0]), state


def even(picture: Image.Image) -> Image.Image:
    """Return a picture whose odd sides are one longer, by its last column or row again."""
    width, height = picture.size
    if not (width % 2 or height % 2):
        return picture
    larger = Image.new("RGB", (width + width % 2, height + height % 2))
    # Three times: beside it, below it, and over both.
    for corner in ((width % 2, height % 2), (0, height % 2), (width % 2, 0), (0, 0)):
        larger.paste(picture, corner)
    return larger


def _identity(translator: Translator, source: Path, steady: float) -> dict[str, Any]:
    """Return what two calls must share for one to go on with what the other did."""
    facts = source.stat()
    return {
        **maker_of(translator),
        "precision": translator.precision,
        "source": str(source.resolve()),
        "bytes": facts.st_size,
        "modified": facts.st_mtime_ns,
        "steady": steady,
        "settings": SETTINGS,
    }


def _metadata(translator: Translator) -> Mapping[str, str]:
    step = "" if translator.step is None else f", step {translator.step}"
    way = f"{translator.source} → {translator.target} ({translator.direction})"
    return {"comment": f"{way} with {translator.variant}{step}, by ReCycleGAN"}
