"""Beginning a training, and taking one up where it stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.text import Text

from recyclegan.checkpoint.store import Checkpoint
from recyclegan.config import Config
from recyclegan.counting import counted
from recyclegan.data.held_out import held_out_pictures
from recyclegan.data.layouts import UnpairedFolders, read_layout
from recyclegan.data.manifest import Manifest, scan, write_manifest
from recyclegan.data.pairs import UnpairedPictures
from recyclegan.errors import RunFailed, UserError
from recyclegan.runs.lock import locked
from recyclegan.runs.provenance import read_sittings, record_sitting
from recyclegan.runs.run_dir import (
    RunDir,
    RunRecord,
    check_place,
    create_run,
    open_run,
    write_record,
)
from recyclegan.training.device import choose_device
from recyclegan.training.held_out import load_held_out
from recyclegan.training.loop import run_training
from recyclegan.training.samples import NUM_EACH
from recyclegan.training.schedule import budget_of, check_budget
from recyclegan.training.session import Session
from recyclegan.training.state import TrainingState, initial_state


def train(
    config: Config,
    data: Sequence[str | Path],
    out: str | Path,
    *,
    overwrite: bool = False,
    console: Console | None = None,
) -> bool:
    """Train a configuration on a dataset directory or two folders, into a run directory.

    Returns True where the budget was spent and False where a signal ended it before; either way
    the last step is saved.

    Raises:
        UserError: a folder, a field or the place of the run does not fit; nothing was written.
        RunFailed: training went wrong or the disk is full; the last checkpoint is whole.
    """
    console = console or Console()
    check_budget(config.train)
    device = choose_device(config.train)
    sources = [Path(folder) for folder in data]
    check_place(Path(out), sources, overwrite=overwrite)
    folders, manifest = _scanned(config, sources, console)
    _check_best_by(config, folders)
    domains = {"a": folders.a.name, "b": folders.b.name}
    # Made before the run directory: what does not fit must not cost an earlier run its place.
    state = initial_state(config, device)
    run = create_run(Path(out), RunRecord(config, sources, domains), overwrite=overwrite)
    with locked(run):
        write_manifest(manifest, run.path / "manifest.json")
        session = _session(run, config, folders, domains, state, device, console)
        _announce(session, folders)
        return _sit(session, manifest)


def resume(
    path: str | Path,
    *,
    steps: int | None = None,
    on_divergence: str | None = None,
    data: Sequence[str | Path] = (),
    console: Console | None = None,
) -> bool:
    """Go on with a run from its last whole checkpoint.

    `steps` is a new total to train to, `on_divergence` a new answer to it, and `data` the new
    place of pictures that were moved. Returns as `train` does; a finished run is left as it is.

    Raises:
        UserError: there is no run, its pictures have changed, or the new total is not more.
        RunFailed: as in `train`.
    """
    console = console or Console()
    run, record = open_run(Path(path))
    changes: dict[str, Any] = {"on_divergence": on_divergence} if on_divergence else {}
    if steps is not None:
        changes |= {"steps": steps, "minutes": None}
    config = replace(record.config, train=replace(record.config.train, **changes))
    sources = [Path(folder) for folder in data] or record.data
    device = choose_device(config.train)
    with locked(run):
        folders, manifest = _scanned(config, sources, console)
        _check_same_data(run, manifest)
        state = initial_state(config, device)
        session = _session(run, config, folders, record.domains, state, device, console)
        checkpoint = _newest(session)
        step = checkpoint.step if checkpoint else 0
        if steps is not None and steps < step:
            raise UserError(f"--train.steps {steps} is behind step {step}, where {path} stands.")
        session.go_back(checkpoint)
        if on_divergence:
            # What was told before is to be acted on now, where it still stands.
            session.state.health.reset()
        if changes or data:
            write_record(run, RunRecord(config, sources, record.domains))
        return _continue(session, manifest)


def _continue(session: Session, manifest: Manifest) -> bool:
    """Go on where the budget is not spent, after saying from where."""
    now, config, path = session.state.counters, session.config, session.run.path
    if session.budget.progress(now.step, now.elapsed) >= 1:
        message = f"{path} is finished ({now.step:,} steps): nothing to do. To train longer: "
        message += f"recyclegan resume {path} --train.steps {now.step * 2}"
        session.console.print(message, markup=False)
        return True
    epoch = now.step * config.optimizer.batch / session.dataset.num_per_epoch
    session.console.print(
        f"Resuming {path} at step {now.step:,} (epoch {epoch:.1f}) of {session.budget}: networks, "
        "averages, optimizers, schedule, buffers and random states.",
        markup=False,
    )
    return _sit(session, manifest)


def _scanned(
    config: Config, data: Sequence[Path], console: Console
) -> tuple[UnpairedFolders, Manifest]:
    """Return the pictures that decode, after naming those that do not."""
    found = read_layout(data, seed=config.seed, test_fraction=config.images.test_fraction)
    with counted(console, "Reading the pictures") as on_progress:
        folders, manifest, bad = scan(found, on_progress=on_progress)
    for file in bad:
        console.print(Text(f"Skipped {file.path}: {file.reason}", style="yellow"))
    return folders, manifest


def _session(
    run: RunDir,
    config: Config,
    folders: UnpairedFolders,
    names: Mapping[str, str],
    state: TrainingState,
    device: torch.device,
    console: Console,
) -> Session:
    images = config.images
    dataset = UnpairedPictures(
        folders.a.train,
        folders.b.train,
        size=images.size,
        load_scale=images.load_scale,
        flip=images.flip,
        seed=config.seed,
    )
    domains = {"a": folders.a, "b": folders.b}
    panel = {
        name: torch.stack(
            held_out_pictures(domain.test or domain.train, size=images.size, limit=NUM_EACH)
        )
        for name, domain in domains.items()
    }
    return Session(
        run=run,
        config=config,
        budget=budget_of(config, dataset.num_per_epoch),
        dataset=dataset,
        held_out=load_held_out(folders, images.size, config.train.eval_images),
        panel=panel,
        domains=names,
        state=state,
        device=device,
        console=console,
    )


def _announce(session: Session, folders: UnpairedFolders) -> None:
    a, b, config = folders.a, folders.b, session.config
    session.console.print(
        f"Training {config.variant} to turn {a.name} into {b.name} and back: "
        f"{len(a.train):,} + {len(b.train):,} pictures to train on, {len(a.test):,} + "
        f"{len(b.test):,} held out ({folders.num_ignored} other files ignored), "
        f"{config.images.size} px, batch {config.optimizer.batch}, {session.budget}, on "
        f"{session.device} in {session.state.precision.name}.",
        highlight=False,
        markup=False,
    )
    for note in folders.notes:
        session.console.print(note, highlight=False, markup=False)


def _check_best_by(config: Config, folders: UnpairedFolders) -> None:
    known = all(set(domain.test) <= set(domain.truth) for domain in (folders.a, folders.b))
    if config.train.best_by == "psnr" and not known:
        raise UserError(
            "--train.best-by psnr needs truthA and truthB for every test picture; leave it at auto."
        )


def _check_same_data(run: RunDir, manifest: Manifest) -> None:
    sittings = read_sittings(run)
    if sittings and sittings[-1]["data_digest"] != manifest.digest:
        raise UserError(
            f"The pictures of {run.path} are not those that it was trained on ("
            f"{run.path / 'manifest.json'} lists them); bring them back, or start a new run."
        )


def _newest(session: Session) -> Checkpoint | None:
    """Return the newest whole checkpoint, after naming the damaged ones; None before the first.

    Raises:
        RunFailed: there are checkpoints, and none of them is whole.
    """
    session.store.recover()
    checkpoints, damaged = session.store.valid()
    for sentence in damaged:
        session.console.print(Text(sentence, style="yellow"))
    if damaged and not checkpoints:
        raise RunFailed(f"No checkpoint in {session.store.folder} is whole; start a new run.")
    if damaged:
        session.console.print(f"Falling back to the one of step {checkpoints[-1].step:,}.")
    return checkpoints[-1] if checkpoints else None


def _sit(session: Session, manifest: Manifest) -> bool:
    record_sitting(
        session.run,
        step=session.state.counters.step,
        seed=session.config.seed,
        device=str(session.device),
        precision=session.state.precision.name,
        threads=torch.get_num_threads(),
        data_digest=manifest.digest,
    )
    finished = run_training(session)
    step, where = session.state.counters.step, session.run.path
    if finished:
        best = f"best ({session.store.best}) and last" if session.store.best else "last"
        message = f"Done: {step:,} steps; {best} in {session.store.folder}."
    else:
        message = f"Stopped and saved at step {step:,}; go on with: recyclegan resume {where}"
    session.console.print(message, highlight=False, markup=False, soft_wrap=True)
    return finished
