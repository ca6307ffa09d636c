"""Translating files and folders from disk to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import perf_counter

from PIL import Image

from recyclegan import ranks
from recyclegan.atomic import write_json
from recyclegan.cluster.shares import Cluster, passing_over
from recyclegan.errors import RunFailed
from recyclegan.images.decoding import UnreadableImage, decode
from recyclegan.images.parallel import across_ranks, in_parallel
from recyclegan.memory import keep_memory
from recyclegan.translation.cores import Cores
from recyclegan.translation.counts import Counts, Made, Outcome
from recyclegan.translation.plan import WRITTEN, make_plan
from recyclegan.translation.protocol import TooLarge, Translator
from recyclegan.translation.record import RECORD, check_unmixed, make_record, read_record

Pair = tuple[Path, Path]
"""A picture and its result."""

OnProgress = Callable[[int, int], None]
"""Told the number of pictures done and their total."""


def translate_path(
    translator: Translator,
    source: str | Path,
    out: str | Path,
    *,
    overwrite: bool = False,
    extension: str | None = None,
    on_progress: OnProgress | None = None,
    cluster: Cluster | None = None,
) -> Counts:
    """Translate a picture or a folder of them; results keep relative names, sizes and order.

    Several are in work at once, each on cores of its own, as far as the memory allows.
    Results that are there already are kept unless `overwrite`; `extension` (".png") changes the
    format of all. A source that cannot be read is listed in `failed`, a result whose name another
    one has already in `renamed`. Beside the results of a folder, `translation.json` says what made
    them. A `cluster` does the work where one is given; its machines have to see both folders. Under
    torchrun each process translates a share, of which `on_progress` is told, and all return the
    counts of the whole.

    Raises:
        UserError: no such source, no picture in it, `out` would mix with the source, or it holds
            what another model or direction made.
        RunFailed: a result cannot be written; those before it are whole.
    """
    source, out = Path(source), Path(out)
    plan = make_plan(source, out, extension)
    before = read_record(out)
    if source.is_dir() and not overwrite:
        check_unmixed(before, out, translator)
    counts = Counts(found=len(plan.pairs), ignored=plan.num_ignored)
    for folder in plan.unreadable:
        counts.failed.append(UnreadableImage(folder, "a folder that may not be read"))
    work = partial(_on_cluster, cluster) if cluster else _here
    outcomes = work(translator, overwrite, plan.pairs, on_progress)
    for pair, outcome in zip(plan.pairs, outcomes, strict=True):
        counts.add(*pair, outcome)
    if source.is_dir() and ranks.is_first():
        _write_record(out, make_record(before, str(source.absolute()), translator, counts))
    return counts


def _here(
    translator: Translator,
    overwrite: bool,
    pairs: Sequence[Pair],
    on_progress: OnProgress | None,
) -> Iterator[Outcome]:
    """Yield what became of each picture, translated on the cores of this machine."""
    with Cores(len(pairs)) as cores:
        yield from across_ranks(
            partial(translate_file, translator, overwrite, cores),
            pairs,
            num_workers=cores.num_workers,
            on_progress=on_progress,
        )


def _on_cluster(
    cluster: Cluster,
    translator: Translator,
    overwrite: bool,
    pairs: Sequence[Pair],
    on_progress: OnProgress | None,
) -> Iterator[Outcome]:
    """Yield what became of each picture; what is kept is known before, as a share may be redone."""
    kept = [not overwrite and result.is_file() for _, result in pairs]
    left = [
        (picture.absolute(), result.absolute())
        for (picture, result), is_kept in zip(pairs, kept, strict=True)
        if not is_kept
    ]
    anew = partial(translate_file, translator, True)
    work = partial(translate_share, anew, len(pairs), 0)
    return passing_over(kept, cluster.in_shares(work, left), on_progress)


def translate_share(
    translate: Callable[[Cores, Pair], Outcome],
    num_pictures: int,
    num_waiting: int,
    pairs: Sequence[Pair],
) -> Iterator[Outcome]:
    """Translate a share of `num_pictures` on a worker, as they would be on this machine alone.

    `num_waiting` of them at a time compute nothing, since they wait for a store.
    """
    keep_memory()
    with Cores(num_pictures) as cores:
        work = partial(translate, cores)
        yield from in_parallel(work, pairs, num_workers=cores.num_workers + num_waiting)


def translate_file(translator: Translator, overwrite: bool, cores: Cores, pair: Pair) -> Outcome:
    """Translate one picture from disk to disk; None where the result is there and is kept."""
    picture, result = pair
    if result.is_file() and not overwrite:
        return None
    try:
        decoded = decode(picture)
    except UnreadableImage as error:
        return error
    with cores.taken(translator.num_bytes(decoded.size)) as share:
        begin = perf_counter()
        try:
            translated = translator(decoded)
        except TooLarge as error:
            return UnreadableImage(picture, str(error))
        seconds = (perf_counter() - begin) * share
    _write(translated, result)
    return Made(decoded.size, seconds)


def _write(picture: Image.Image, result: Path) -> None:
    """Write a result under a temporary name first: a cut must not leave half a picture."""
    temporary = result.with_name(f".{result.stem}.writing{result.suffix}")
    try:
        result.parent.mkdir(parents=True, exist_ok=True)
        picture.save(temporary, **WRITTEN[result.suffix.lower()])
        temporary.replace(result)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _unwritable(result, error) from None


def _write_record(out: Path, record: dict[str, object]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / RECORD, record)
    except OSError as error:
        raise _unwritable(out, error) from None


def _unwritable(path: Path, error: OSError) -> RunFailed:
    reason = error.strerror or error
    return RunFailed(f"{path} cannot be written ({reason}); name another folder, or make room.")
