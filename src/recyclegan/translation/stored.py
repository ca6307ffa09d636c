"""Translating folders that lie in object stores, by URL, on the workers of a cluster."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from recyclegan.cluster.shares import Cluster, passing_over
from recyclegan.cluster.storage import Storage
from recyclegan.errors import UserError
from recyclegan.images.decoding import UnreadableImage
from recyclegan.images.listing import EXTENSIONS, is_litter
from recyclegan.translation.cores import Cores
from recyclegan.translation.counts import Counts, Made, Outcome
from recyclegan.translation.folder import OnProgress, translate_file, translate_share
from recyclegan.translation.plan import result_names
from recyclegan.translation.protocol import Translator
from recyclegan.translation.record import RECORD, check_unmixed, make_record

TRANSFERS = 4
"""Pictures of a worker on their way from or to the store while others are computed."""

Pair = tuple[Path, Path]
"""A picture and its result, each relative to its folder."""


def translate_stored(
    translator: Translator,
    source: Storage,
    out: Storage,
    cluster: Cluster,
    *,
    overwrite: bool = False,
    extension: str | None = None,
    on_progress: OnProgress | None = None,
) -> Counts:
    """Translate a folder to a folder, of stores, as `translate_path` does; paths are relative.

    Raises:
        UserError: a store cannot be reached, there is no picture, `out` would mix with the source,
            or it holds what another model or direction made.
        RunFailed: a store no longer answers; results are there whole or not at all.
    """
    if f"{out.url}/".startswith(f"{source.url}/"):
        raise UserError(f"{out.url} lies within {source.url}; name a folder beside it.")
    names = source.names()
    listed = [Path(name) for name in names if _is_picture(Path(name))]
    if not listed:
        raise UserError(f"{source.url} holds no picture; name a folder that does.")
    pairs = [*zip(listed, result_names(listed, extension), strict=True)]
    before = out.read_json(RECORD)
    if not overwrite:
        check_unmixed(before, out.url, translator)
    there = set() if overwrite else set(out.names())
    kept = [result.as_posix() in there for _, result in pairs]
    left = [pair for pair, is_kept in zip(pairs, kept, strict=True) if not is_kept]
    by_way = partial(_translate, translator, source, out)
    work = partial(translate_share, by_way, len(pairs), TRANSFERS)
    counts = Counts(found=len(pairs), ignored=len(names) - len(listed))
    outcomes = passing_over(kept, cluster.in_shares(work, left), on_progress)
    for pair, outcome in zip(pairs, outcomes, strict=True):
        counts.add(*pair, outcome)
    with TemporaryDirectory() as folder:
        path = Path(folder) / RECORD
        record = make_record(before, source.url, translator, counts)
        path.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n")
        out.put(path, RECORD)
    return counts


def _translate(
    translator: Translator, source: Storage, out: Storage, cores: Cores, pair: Pair
) -> Outcome:
    """Translate one picture from store to store, by way of this machine's temporary folder."""
    picture, result = pair
    with TemporaryDirectory() as folder:
        here = Path(folder) / f"picture{picture.suffix}", Path(folder) / f"result{result.suffix}"
        try:
            source.fetch(picture.as_posix(), here[0])
        except UnreadableImage as error:
            return error
        outcome = translate_file(translator, True, cores, here)
        if isinstance(outcome, Made):
            out.put(here[1], result.as_posix())
    return outcome


def _is_picture(name: Path) -> bool:
    return name.suffix.lower() in EXTENSIONS and not any(map(is_litter, name.parts))
