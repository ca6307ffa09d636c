"""Beginning a training, and taking one up where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from recyclegan import ranks
from recyclegan.config import Config
from recyclegan.data.manifest import Manifest, write_manifest
from recyclegan.errors import UserError
from recyclegan.runs.lock import locked
from recyclegan.runs.provenance import record_sitting
from recyclegan.runs.run_dir import (
    RunDir,
    RunRecord,
    check_place,
    create_run,
    open_run,
    write_record,
)
from recyclegan.training.arithmetic import choose_arithmetic
from recyclegan.training.device import choose_device
from recyclegan.training.judge import choose_extractor
from recyclegan.training.loop import run_training
from recyclegan.training.preparation import (
    announce,
    announce_processes,
    check_best_by,
    check_same_data,
    check_same_weights,
    loss_weights,
    make_session,
    newest_checkpoint,
    read_pictures,
)
from recyclegan.training.progress import waited
from recyclegan.training.schedule import check_budget, check_halving
from recyclegan.training.session import Session
from recyclegan.training.state import initial_state
from recyclegan.training.toning import fit_tones
from recyclegan.training.tracking.follow import followed
from recyclegan.training.tracking.registry import require_trackers
from recyclegan.training.warm_start import describe_start, pinned, starting_state
from recyclegan.variants.registry import get_variant

Folders = str | Path | Sequence[str | Path]
"""A dataset directory, or the folders of domain A and of domain B."""


def train(
    config: Config | str,
    data: Folders,
    out: str | Path,
    *,
    overwrite: bool = False,
    console: Console | None = None,
) -> bool:
    """Train a configuration, or the variant of that name, into a run directory.

    Returns True where the budget was spent and False where a signal ended it before; either way
    the last step is saved.

    Raises:
        UserError: a folder, a field or the place of the run does not fit; nothing was written.
        RunFailed: training went wrong or the disk is full; the last checkpoint is whole.
    """
    console = console or Console(quiet=not ranks.is_first())
    config = get_variant(config) if isinstance(config, str) else config
    check_budget(config.train)
    check_halving(config.images)
    ranks.on_first(partial(require_trackers, config.train))
    device = choose_device(config)
    # What auto means here is written down, so that the run goes on alike wherever it does.
    chosen = ranks.on_first(partial(choose_extractor, config.train.extractor))
    config = replace(config, train=replace(config.train, extractor=chosen))
    config = pinned(config, Path(out))
    config, remark = ranks.on_first(partial(choose_arithmetic, config, device))
    sources = _paths(data)
    ranks.on_first(partial(check_place, Path(out), sources, overwrite=overwrite))
    folders, manifest = read_pictures(config, sources, console)
    ranks.on_first(partial(check_best_by, config, folders))
    domains = {"a": folders.a.name, "b": folders.b.name}
    # Made before the run directory: what does not fit must not cost an earlier run its place.
    state = starting_state(config, device)
    run = RunDir(Path(out))
    with locked(run):
        if ranks.is_first():
            create_run(run, RunRecord(config, sources, domains), overwrite=overwrite)
            write_manifest(manifest, run.path / "manifest.json")
        session = make_session(run, config, folders, manifest, domains, state, device, console)
        announce(session, folders, remark)
        if config.train.start_from is None:
            fit_tones(state, session.dataset)
        else:
            console.print(describe_start(config, state), markup=False, soft_wrap=True)
        return _sit(session, manifest)


def resume(
    path: str | Path,
    *,
    steps: int | None = None,
    on_divergence: str | None = None,
    data: Folders = (),
    console: Console | None = None,
) -> bool:
    """Go on with a run from its last whole checkpoint.

    `steps` is a new total to train to, `on_divergence` a new answer to it, and `data` the new
    place of pictures that were moved. Returns as `train` does; a finished run is left as it is.

    Raises:
        UserError: there is no run, its pictures have changed, or the new total is not more.
        RunFailed: as in `train`.
    """
    console = console or Console(quiet=not ranks.is_first())
    run, record = open_run(Path(path))
    changes: dict[str, Any] = {"on_divergence": on_divergence} if on_divergence else {}
    if steps is not None:
        changes |= {"steps": steps, "minutes": None}
    config = replace(record.config, train=replace(record.config.train, **changes))
    ranks.on_first(partial(require_trackers, config.train))
    sources = _paths(data) or record.data
    device = choose_device(config)
    with locked(run):
        folders, manifest = read_pictures(config, sources, console)
        ranks.on_first(partial(check_same_data, run, manifest))
        state = initial_state(config, device)
        ranks.on_first(partial(check_same_weights, run, state.translator))
        session = make_session(
            run, config, folders, manifest, record.domains, state, device, console
        )
        checkpoint = ranks.on_first(partial(newest_checkpoint, session))
        step = checkpoint.step if checkpoint else 0
        if steps is not None and steps < step:
            raise UserError(f"--train.steps {steps} is behind step {step}, where {path} stands.")
        session.go_back(checkpoint)
        if checkpoint:
            announce_processes(session, int(checkpoint.meta.get("processes", 1)))
        if on_divergence:
            # What was told before is to be acted on now, where it still stands.
            session.state.health.reset()
        if (changes or data) and ranks.is_first():
            write_record(run, RunRecord(config, sources, record.domains))
        return _continue(session, manifest)


def _paths(folders: Folders) -> list[Path]:
    if isinstance(folders, str | Path):
        return [Path(folders)]
    return [Path(folder) for folder in folders]


def _continue(session: Session, manifest: Manifest) -> bool:
    """Go on where the budget is not spent, after saying from where."""
    now, path = session.state.counters, session.run.path
    if session.progress >= 1:
        message = f"{path} is finished ({now.step:,} steps): nothing to do. To train longer: "
        message += f"recyclegan resume {path} --train.steps {now.step * 2}"
        session.console.print(message, markup=False)
        return True
    length = session.budget.describe(session.pictures_a_step)
    session.console.print(
        f"Resuming {path} at step {now.step:,} (epoch {session.epoch:.1f}) of {length}: networks, "
        "averages, optimizers, schedule, buffers and random states.",
        markup=False,
    )
    return _sit(session, manifest)


def _sit(session: Session, manifest: Manifest) -> bool:
    if ranks.is_first():
        record_sitting(
            session.run,
            step=session.state.counters.step,
            seed=session.config.seed,
            device=str(session.device),
            precision=session.state.precision.name,
            threads=torch.get_num_threads(),
            processes=ranks.world_size(),
            data_digest=manifest.digest,
            weights_sha256=loss_weights(session.state.translator),
        )
    if ranks.world_size() > 1 and not session.state.counters.step:
        # More processes, more deaths: there is always something to resume.
        session.save()
    with followed(session):
        finished = run_training(session)
    step, where = session.state.counters.step, session.run.path
    if finished:
        best = f"best ({session.store.best}) and last" if session.store.best else "last"
        message = f"Done: {step:,} steps; {best} in {session.store.folder}."
    else:
        message = f"Stopped and saved at step {step:,}; go on with: recyclegan resume {where}"
    for line in filter(None, (message, waited(session.clock))):
        session.console.print(line, highlight=False, markup=False, soft_wrap=True)
    return finished
