"""The part of `recyclegan translate` that is about videos: one, or those of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.translation.protocol import Translator
    from recyclegan.translation.video import Video

Pairs = Sequence[tuple[Path, Path]]
"""Videos and the places of their results."""


def find_videos(source: str, out: str) -> Pairs:
    """Return the videos that are meant, with places for their results; none where there is none.

    Raises:
        UserError: the package for videos is missing, or a place does not fit.
    """
    from recyclegan.translation.video import result_of
    from recyclegan.translation.video_source import EXTENSIONS, require_av

    place, results = Path(source), Path(out)
    if place.is_dir():
        from recyclegan.images.listing import list_images

        paths = list_images(place, extensions=EXTENSIONS).paths
        folders = [results / path.relative_to(place).parent for path in paths]
        names = [path.stem if _alone(path, paths) else path.name for path in paths]
        pairs = [
            (path, folder / f"{name}.mp4")
            for path, folder, name in zip(paths, folders, names, strict=True)
        ]
    elif place.suffix.lower() in EXTENSIONS:
        pairs = [(place, result_of(place, results))]
    else:
        return ()
    if pairs:
        require_av()
    return pairs


def translate_videos(
    translator: Translator, pairs: Pairs, steady: float | None, overwrite: bool, console: Console
) -> int:
    """Translate videos one after the other, saying what became of each; return how many failed.

    Raises:
        UserError: the only video cannot be read.
        RunFailed: a result cannot be written.
    """
    from rich.text import Text

    from recyclegan.counting import counted
    from recyclegan.translation.video import STEADY, translate_video

    failed = 0
    for source, out in pairs:
        try:
            with counted(console, f"Translating {source.name}") as on_progress:
                video = translate_video(
                    translator,
                    source,
                    out,
                    steady=STEADY if steady is None else steady,
                    overwrite=overwrite,
                    on_progress=on_progress,
                )
        except UserError as error:
            if len(pairs) == 1:
                raise
            failed += 1
            console.print(Text(f"Failed {error}", style="yellow"), soft_wrap=True)
            continue
        for remark in video.remarks:
            console.print(Text(f"Of {source}, {remark}.", style="yellow"), soft_wrap=True)
        console.print(Text(f"{source}: {_outcome(video)}: {video.result}"), soft_wrap=True)
    return failed


def _outcome(video: Video) -> str:
    if video.kept:
        return "kept as it was (--overwrite translates it again)"
    went_on = f", of which {video.went_on_from:,} were there" if video.went_on_from else ""
    return f"{video.num_frames:,} frames translated{went_on}"


def _alone(path: Path, paths: Sequence[Path]) -> bool:
    """Tell whether no other video beside a path differs from it in its ending alone."""
    return sum(other.with_suffix("") == path.with_suffix("") for other in paths) == 1
