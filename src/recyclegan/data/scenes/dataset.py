"""Writing an unpaired dataset of rendered streets, with the truth beside its test pictures."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recyclegan.atomic import write_json
from recyclegan.data.complete_folder import complete_folder
from recyclegan.data.scenes.scene import View
from recyclegan.errors import RunFailed, UserError

TASKS = ("day2night", "hazy2clear")

DEPTH_STEP = 0.02
"""Metres that one grey level of a depth picture stands for: 16 bits reach 1310 m."""

DOMAINS = {
    "day2night": {"a": "day", "b": "night"},
    "hazy2clear": {"a": "hazy", "b": "clear"},
}
SPLITS = ("trainA", "trainB", "testA", "testB")

_Picture = Callable[[View], NDArray[Any]]
_SHOWN: dict[str, dict[str, _Picture]] = {
    "day2night": {"A": View.day, "B": View.night},
    "hazy2clear": {"A": View.hazy, "B": View.day},
}
_MARKER = "scenes.json"
_PARTS = {*SPLITS} | {f"{part}{side}" for part in ("truth", "depth", "classes") for side in "AB"}


class _Job(NamedTuple):
    """One street to render, and what its pictures are for; fit to be sent to a process."""

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
    number alone, not on how many pictures or `num_workers` there are.

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
        num_workers: Processes; by default one for each core.
        on_progress: Called with the streets done and the streets in all.

    Raises:
        UserError: An argument is out of range, or `out_dir` is in use or cannot be written.
        RunFailed: The disk or a worker failed on the way; `out_dir` is as it was.
    """
    num_test = max(8, num // 10) if num_test is None else num_test
    _check_arguments(task, num, num_test, size, seed)
    try:
        with complete_folder(out_dir, marker=_MARKER, parts=_PARTS, overwrite=overwrite) as root:
            jobs = [
                _Job(root, task, split, number, seed, size, extras)
                for split in SPLITS
                for number in range(num if split.startswith("train") else num_test)
            ]
            for folder in {path.parent for job in jobs for path in _pictures(job)}:
                folder.mkdir()
            # Closed before the folder goes: no worker may still write to it.
            with closing(_render_all(jobs, num_workers)) as rendering:
                for done in rendering:
                    if on_progress is not None:
                        on_progress(done, len(jobs))
            shape = {"num": num, "num_test": num_test, "size": size, "seed": seed}
            depth = {"depth_metres_per_level": DEPTH_STEP} if extras else {}
            write_json(root / _MARKER, {"task": task, "domains": DOMAINS[task]} | shape | depth)
    except (OSError, BrokenProcessPool) as error:
        raise RunFailed(
            f"{out_dir} could not be written ({error}); nothing was kept of it: "
            "free space or memory and start again."
        ) from error


def scene_index(split: str, number: int) -> int:
    """Return which street of the sequence is picture `number` of trainA, trainB, testA or testB.

    The four take turns, so no street is in two of them.
    """
    return len(SPLITS) * number + SPLITS.index(split)


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


def _render_all(jobs: list[_Job], num_workers: int | None) -> Generator[int, None, None]:
    """Render every job, in processes if more than one is wanted, and count those done."""
    workers = min(num_workers or os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        for done, job in enumerate(jobs, start=1):
            _render(job)
            yield done
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        try:
            for done, _ in enumerate(pool.map(_render, jobs, chunksize=8), start=1):
                yield done
        finally:
            pool.shutdown(cancel_futures=True)


def _render(job: _Job) -> None:
    """Render one street and write its pictures."""
    view = View(job.seed, scene_index(job.split, job.number), job.size)
    for path, shown in _pictures(job).items():
        Image.fromarray(shown(view)).save(path)


def _pictures(job: _Job) -> dict[Path, _Picture]:
    """Return the files that a job writes, and what each shows."""
    own = job.split[-1]
    folders: dict[str, _Picture] = {job.split: _SHOWN[job.task][own]}
    if job.split.startswith("test"):
        folders[f"truth{own}"] = _SHOWN[job.task]["B" if own == "A" else "A"]
        if job.extras:
            folders |= {f"depth{own}": _depth_levels, f"classes{own}": View.classes}
    return {job.root / folder / f"{job.number:05d}.png": shown for folder, shown in folders.items()}


def _depth_levels(view: View) -> NDArray[np.uint16]:
    """Return the depth of a view in steps of `DEPTH_STEP`, (H, W)."""
    return np.round(view.depth() / DEPTH_STEP).astype(np.uint16)
