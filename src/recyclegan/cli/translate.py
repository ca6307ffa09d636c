"""`recyclegan translate`: pictures or videos in, translations of the same size and name out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from recyclegan.cli.arguments import parse
from recyclegan.cli.cluster import Engine, cluster_of, require
from recyclegan.cli.translate_video import Pairs, find_videos, translate_videos
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from recyclegan.cluster.shares import Cluster
    from recyclegan.cluster.storage import Storage
    from recyclegan.translation.counts import Counts
    from recyclegan.translation.protocol import Translator

FILE = "file://"


@dataclass(frozen=True)
class TranslateArguments:
    """Translate a picture, a video or a folder of them; sizes and relative names stay."""

    model: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MODEL")]
    """A run directory, a checkpoint folder, a generators.safetensors, an adapter.safetensors, or a
    file of CycleGAN-turbo's (.pkl)."""
    input: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="INPUT")]
    """A picture, a video, or a folder that is searched with its sub-folders; with `--engine ray`
    also a folder in an object store, such as s3://bucket/folder."""
    out: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="OUT")]
    """Where the results go: a folder, or for one picture or video also a file; as for INPUT, a
    store."""
    direction: Annotated[Literal["a2b", "b2a"], tyro.conf.arg(metavar="a2b|b2a")]
    """Which way: the folder A was given first in training, B second."""
    overwrite: bool = False
    """Translate again what has a result already; it is kept otherwise."""
    format: Literal["png", "jpg", "webp", "tif", "bmp"] | None = None
    """Format of all results; each keeps its picture's otherwise."""
    steady: Annotated[float | None, tyro.conf.arg(metavar="0..1")] = None
    """Of videos: the share of a frame that is averaged from those before it, along the motion, so
    that less flickers; 0 takes each frame by itself. 0.6 where it is not given."""
    tile: Annotated[int | Literal["auto", "off"], tyro.conf.arg(metavar="PIXELS|auto|off")] = "auto"
    """Pictures of more pixels are computed in strips, in little memory, with the same result.
    `auto`: where the whole would take more than 1.3 GB; `off`: never."""
    precision: Literal["auto", "fp32", "mixed", "bf16"] = "auto"
    """Numbers to compute in. `bf16`: faster where the processor has it, and within about three grey
    levels of `fp32`; `mixed`: bf16 in the residual blocks alone, closer. `auto`: what is faster and
    close, found out once and remembered."""
    device: str = "auto"
    """Where to compute: auto (a GPU where there is one), cpu, cuda, cuda:1, mps. Workers of a Ray
    cluster compute on their processors."""
    base: str | None = None
    """Of an adapter: the model that was adapted, where it is no longer at its place of then. Of
    CycleGAN-turbo: the folder of SD-Turbo, or its name on the Hugging Face Hub, which is the only
    case that uses the network; the .pkl's own folder is looked into first."""
    caption: str | None = None
    """Of CycleGAN-turbo: what the results ought to show. The published files have theirs."""
    engine: Engine = "local"
    """What does the work: this process, or workers of a Ray cluster. That is started on this
    machine, or found at RAY_ADDRESS."""


def main(args: Sequence[str]) -> int:
    """Translate; return 0 where every picture could be read and 1 otherwise."""
    given = parse(TranslateArguments, args, "translate")
    require(given.engine)
    stores = _stores(given)
    videos = () if stores else find_videos(given.input, given.out)
    _check_videos(given, videos)
    from rich.console import Console
    from rich.text import Text

    from recyclegan.counting import counted
    from recyclegan.memory import keep_memory
    from recyclegan.translation.translator import load_translator

    console = Console()
    keep_memory()
    translator = load_translator(
        given.model,
        given.direction,
        tile=given.tile,
        precision=given.precision,
        device="cpu" if given.engine == "ray" else given.device,
        base=given.base,
        caption=given.caption,
    )
    step = "" if translator.step is None else f"step {translator.step:,}, "
    place = "" if translator.device.type == "cpu" else f" on {translator.device}"
    console.print(
        f"{translator.source} → {translator.target} with {translator.variant} "
        f"({translator.path}, {step}{translator.precision}{place})",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    num_failed = translate_videos(translator, videos, given.steady, given.overwrite, console)
    if videos and not _has_pictures(given.input):
        return 1 if num_failed else 0
    with (
        cluster_of(given.engine, console) as cluster,
        counted(console, "Translating") as on_progress,
    ):
        counts = _translate(translator, given, stores, cluster, on_progress)
    for path in counts.renamed:
        message = Text(f"Named {path}, for another picture has its name", style="yellow")
        console.print(message, soft_wrap=True)
    for error in counts.failed:
        console.print(Text(f"Failed {error}", style="yellow"), soft_wrap=True)
    console.print(
        f"{counts.found} found ({counts.ignored - len(videos)} other files ignored), "
        f"{counts.translated} translated, {counts.kept} kept as they were, "
        f"{len(counts.failed)} failed: {given.out}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return 1 if counts.failed or num_failed else 0


def _check_videos(given: TranslateArguments, videos: Pairs) -> None:
    """Refuse flags that do not go with what there is to translate."""
    if videos and given.engine != "local":
        raise UserError(f"{videos[0][0]} is translated frame after frame: leave --engine out.")
    if given.steady is not None and not videos:
        raise UserError(f"--steady is for videos, and {given.input} holds none; leave it out.")


def _has_pictures(source: str) -> bool:
    from recyclegan.images.listing import list_images

    return Path(source).is_dir() and bool(list_images(Path(source)).paths)


def _stores(given: TranslateArguments) -> tuple[Storage, Storage] | None:
    """Return the folders of source and results if one of them is in a store."""
    from recyclegan.cluster.storage import Storage, local_path

    places = (given.input, given.out)
    remote = [place for place in places if local_path(place) is None]
    if not remote:
        return None
    if given.engine == "local":
        raise UserError(f"{remote[0]} is in a store: add --engine ray, whose workers reach it.")
    return Storage(given.input), Storage(given.out)


def _translate(
    translator: Translator,
    given: TranslateArguments,
    stores: tuple[Storage, Storage] | None,
    cluster: Cluster | None,
    on_progress: Callable[[int, int], None],
) -> Counts:
    extension = f".{given.format}" if given.format else None
    if stores and cluster:
        from recyclegan.translation.stored import translate_stored

        return translate_stored(
            translator,
            *stores,
            cluster,
            overwrite=given.overwrite,
            extension=extension,
            on_progress=on_progress,
        )
    from recyclegan.translation.folder import translate_path

    return translate_path(
        translator,
        given.input.removeprefix(FILE),
        given.out.removeprefix(FILE),
        overwrite=given.overwrite,
        extension=extension,
        on_progress=on_progress,
        cluster=cluster,
    )
