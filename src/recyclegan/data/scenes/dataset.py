"""Writing an unpaired dataset of rendered streets, with the truth beside its test pictures."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.data.scenes.scene import View
from recyclegan.errors import UserError

TASKS = ("day2night", "hazy2clear")

DEPTH_STEP = 0.02
"""Metres that one grey level of a depth picture stands for: 16 bits reach 1310 m."""

MARKER = "scenes.json"
"""The file that tells a set of scenes from any other folder."""

DOMAINS = {
    "day2night": {"a": "day", "b": "night"},
    "hazy2clear": {"a": "hazy", "b": "clear"},
}
_SPLITS = ("trainA", "trainB", "testA", "testB")
_CHUNK = 8


class _Job(NamedTuple):
    """One street to render, and which pictures of it go where; picklable for any start method."""

    root: Path
    task: str
    split: str
    number: int
    seed: int
    size: int
    extras: bool


def write_scenes(
    out_dir: Path,
    *,
    task: str = "day2night",
    num: int = 200,
    num_test: int | None = None,
    size: int = 128,
    seed: int = 0,
    extras: bool = False,
    overwrite: bool = False,
    num_workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write trainA, trainB, testA, testB with truthA and truthB, and `scenes.json`.

    No street is in two of the four sets. The pixels depend on task, seed, size and a picture's
    number alone: more pictures leave the first ones as they were, and so does any `num_workers`.

    Args:
        out_dir: Appears only when it is complete.
        task: One of `TASKS`.
        num: Training pictures in each domain.
        num_test: Test pictures in each domain; by default a tenth of `num`, at least 8.
        size: Side of the square pictures in px.
        seed: Names a sequence of streets.
        extras: Also write `depthA`, `classesA` and so on for the test pictures: depth in 16 bits,
            0.02 m a level; classes as the numbers of `surfaces.Kind`.
        overwrite: Replace a set of scenes that is already there, once the new one is complete.
        num_workers: Processes; by default one for each core that this process may use.
        on_progress: Called with the streets done and the streets in all.

    Raises:
        UserError: An argument is out of range, or `out_dir` is in use or cannot be written.
    """
    num_test = max(8, num // 10) if num_test is None else num_test
    _check_arguments(task, num, num_test, size, seed)
    out_dir = Path(out_dir).absolute()
    _check_target(out_dir, overwrite)
    temporary = _make_temporary(out_dir)
    try:
        jobs = [
            _Job(temporary, task, split, number, seed, size, extras)
            for split in _SPLITS
            for number in range(num if split.startswith("train") else num_test)
        ]
        for folder in sorted({path.parent for job in jobs for path in _pictures(job)}):
            folder.mkdir(parents=True, exist_ok=True)
        for done in _render_all(jobs, num_workers):
            if on_progress is not None:
                on_progress(done, len(jobs))
        write_json(temporary / MARKER, _description(task, num, num_test, size, seed, extras))
        _put_in_place(temporary, out_dir)
    except OSError as error:
        raise UserError(
            f"--out {out_dir} cannot be written ({error}): free space or choose another folder."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_arguments(task: str, num: int, num_test: int, size: int, seed: int) -> None:
    """Refuse what no set can be made of."""
    if task not in TASKS:
        raise UserError(f"--task {task} is unknown: choose {' or '.join(TASKS)}.")
    for flag, value, least in (("num", num, 1), ("num-test", num_test, 1), ("size", size, 32)):
        if value < least:
            raise UserError(f"--{flag} {value} is too small: give at least {least}.")
    if size > 2048:
        raise UserError(f"--size {size} is too large: give at most 2048.")
    if seed < 0:
        raise UserError(f"--seed {seed} is negative: give 0 or more.")


def _check_target(out_dir: Path, overwrite: bool) -> None:
    """Refuse a target that holds anything, unless it is a set of scenes that may be replaced."""
    if out_dir.exists() and not out_dir.is_dir():
        raise UserError(f"--out {out_dir} is a file: name a folder.")
    if not out_dir.exists() or not any(out_dir.iterdir()):
        return
    if not (out_dir / MARKER).is_file():
        raise UserError(
            f"--out {out_dir} holds files that are no set of scenes (no {MARKER}); "
            "not even --overwrite deletes those: choose another folder."
        )
    if not overwrite:
        raise UserError(
            f"--out {out_dir} already holds a set of scenes: "
            "choose another folder, or replace it with --overwrite."
        )


def _make_temporary(out_dir: Path) -> Path:
    """Make the hidden folder beside the target in which the set grows."""
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        return Path(
            tempfile.mkdtemp(prefix=f".{out_dir.name}.", suffix=".part", dir=out_dir.parent)
        )
    except OSError as error:
        raise UserError(
            f"--out {out_dir} cannot be written ({error.strerror}): choose a folder of your own."
        ) from error


def _put_in_place(temporary: Path, out_dir: Path) -> None:
    """Move the complete set to its name, and only then delete the one that it replaces."""
    temporary.chmod(0o755)  # mkdtemp makes folders for its owner alone
    if not out_dir.exists():
        temporary.rename(out_dir)
        return
    old = temporary.with_suffix(".old")
    out_dir.rename(old)
    try:
        temporary.rename(out_dir)
    except OSError:
        old.rename(out_dir)
        raise
    shutil.rmtree(old)


def _description(
    task: str, num: int, num_test: int, size: int, seed: int, extras: bool
) -> dict[str, object]:
    """Return what `scenes.json` says."""
    described: dict[str, object] = {
        "task": task,
        "num": num,
        "num_test": num_test,
        "size": size,
        "seed": seed,
        "domains": DOMAINS[task],
    }
    return described | ({"depth_metres_per_level": DEPTH_STEP} if extras else {})


def _render_all(jobs: list[_Job], num_workers: int | None) -> Iterator[int]:
    """Render every job, in processes if more than one is wanted, and count those done."""
    workers = min(num_workers or len(os.sched_getaffinity(0)), len(jobs))
    if workers <= 1:
        for done, job in enumerate(jobs, start=1):
            _render(job)
            yield done
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            for done, _ in enumerate(pool.map(_render, jobs, chunksize=_CHUNK), start=1):
                yield done
        finally:
            pool.shutdown(cancel_futures=True)


def scene_index(split: str, number: int) -> int:
    """Return which street of the sequence is picture `number` of trainA, trainB, testA or testB.

    The four take turns, so no street is in two of them.
    """
    return len(_SPLITS) * number + _SPLITS.index(split)


def _pictures(job: _Job) -> dict[Path, str]:
    """Return the files that a job writes and the `View` method that each shows."""
    domain = job.split[-1]
    own, other = {
        "day2night": {"A": ("day", "night"), "B": ("night", "day")},
        "hazy2clear": {"A": ("hazy", "day"), "B": ("day", "hazy")},
    }[job.task][domain]
    folders = {job.split: own}
    if job.split.startswith("test"):
        folders[f"truth{domain}"] = other
        if job.extras:
            folders |= {f"depth{domain}": "depth", f"classes{domain}": "classes"}
    return {job.root / folder / f"{job.number:05d}.png": shown for folder, shown in folders.items()}


def _render(job: _Job) -> None:
    """Render one street and write its pictures."""
    view = View(job.seed, scene_index(job.split, job.number), job.size)
    for path, shown in _pictures(job).items():
        pixels = getattr(view, shown)()
        if shown == "depth":
            pixels = np.round(pixels / DEPTH_STEP).astype(np.uint16)
        Image.fromarray(pixels).save(path)
