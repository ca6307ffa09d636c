"""What a sitting needs before its first step: pictures, checks, a session, the newest state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from rich.text import Text

from recyclegan import ranks
from recyclegan.checkpoint.store import Checkpoint
from recyclegan.config import Config
from recyclegan.counting import counted
from recyclegan.data.decoded import DecodedPictures
from recyclegan.data.held_out import held_out_pictures
from recyclegan.data.layouts import UnpairedFolders, read_layout
from recyclegan.data.manifest import Manifest, scan, training_entries
from recyclegan.data.pairs import UnpairedPictures
from recyclegan.errors import RunFailed, UserError
from recyclegan.features.lpips import has_local_lpips
from recyclegan.networks.named_layers import NamedLayers
from recyclegan.runs.provenance import read_sittings
from recyclegan.runs.run_dir import RunDir
from recyclegan.training.held_out import load_held_out
from recyclegan.training.judge import NONE
from recyclegan.training.samples import NUM_EACH
from recyclegan.training.schedule import budget_of
from recyclegan.training.session import Session
from recyclegan.training.state import TrainingState
from recyclegan.translators.registry import TRANSLATORS
from recyclegan.translators.translator import Translator
from recyclegan.user_cache import user_cache_dir


def read_pictures(
    config: Config, data: Sequence[Path], console: Console
) -> tuple[UnpairedFolders, Manifest]:
    """Return the pictures that decode, after naming those that do not."""
    found = read_layout(data, seed=config.seed, test_fraction=config.images.test_fraction)
    with counted(console, "Reading the pictures") as on_progress:
        folders, manifest, bad = scan(found, on_progress=on_progress)
    for file in bad:
        console.print(Text(f"Skipped {file.path}: {file.reason}", style="yellow"))
    return folders, manifest


def make_session(
    run: RunDir,
    config: Config,
    folders: UnpairedFolders,
    manifest: Manifest,
    names: Mapping[str, str],
    state: TrainingState,
    device: torch.device,
    console: Console,
) -> Session:
    """Return a sitting's session; the panel of its sample grids is held out where it can be."""
    images = config.images
    decoded = DecodedPictures(
        training_entries(folders, manifest),
        round(images.size * images.load_scale),
        folder=user_cache_dir() / "pictures",
        say=partial(console.print, highlight=False, markup=False, soft_wrap=True),
    )
    dataset = UnpairedPictures(
        folders.a.train,
        folders.b.train,
        decoded.pixels,
        size=images.size,
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
        budget=budget_of(config.train, dataset.num_per_epoch),
        dataset=dataset,
        # The first process alone evaluates.
        held_out=load_held_out(
            folders, images.size, config.train.eval_images, config.train.extractor
        )
        if ranks.is_first()
        else None,
        panel=panel,
        domains=names,
        state=state,
        device=device,
        console=console,
    )


def announce(session: Session, folders: UnpairedFolders, remark: str) -> None:
    """Say what is about to be trained, on what, how long and where; then a remark and notes."""
    a, b, config = folders.a, folders.b, session.config
    session.console.print(
        f"Training {config.variant} to turn {a.name} into {b.name}"
        f"{' and back' if _goes_back(config) else ''}: "
        f"{len(a.train):,} + {len(b.train):,} pictures to train on, {len(a.test):,} + "
        f"{len(b.test):,} held out ({folders.num_ignored} other files ignored), "
        f"{config.images.size} px, {_batch(session)}, "
        f"{session.budget.describe(session.pictures_a_step)}, on "
        f"{session.device} in {session.state.precision.name}"
        f"{f'; best by {session.best_by}' if session.held_out else ''}.",
        highlight=False,
        markup=False,
    )
    compiling = "Compiling the networks takes some minutes at the first step."
    remarks = [remark] * bool(remark) + [compiling] * config.train.compile
    for note in (*remarks, *folders.notes):
        session.console.print(note, highlight=False, markup=False)


def announce_processes(session: Session, before: int) -> None:
    """Say what another number of processes than before means for a training that goes on."""
    num = ranks.world_size()
    if num == before:
        return
    memories = (
        f"those of process {before + 1} and up begin empty"
        if num > before
        else f"those of process {num + 1} and up are left out"
    )
    session.console.print(
        f"Saved by {before}, resumed by {num}: weights, averages, optimizers, counters and the "
        f"place in the data are as saved; of the replay buffers {memories}; {_batch(session)}.",
        highlight=False,
        markup=False,
    )


def _batch(session: Session) -> str:
    """Say what makes up the batch of a step: "batch 2 on each of 2 devices: 4"."""
    optimizer, num = session.config.optimizer, ranks.world_size()
    words = f"batch {optimizer.batch}"
    if optimizer.accumulate > 1:
        words += f", {optimizer.accumulate} times a step,"
    if num > 1:
        words += f" on each of {num} devices"
    whole = session.pictures_a_step
    return words if whole == optimizer.batch else f"{words.rstrip(',')}: {whole}"


def check_best_by(config: Config, folders: UnpairedFolders) -> None:
    """Check that the figure which is to choose `best` can be had.

    Raises:
        UserError: the truth of a test picture is not known, a network's weights are missing, or
            there is no way back.
    """
    train = config.train
    flag = f"--train.best-by {train.best_by}"
    domains = {"a": folders.a, "b": folders.b}
    unknown = [
        f"truth{source.upper()}"
        for source in (direction[0] for direction in TRANSLATORS[config.translator].directions)
        if not set(domains[source].test) <= set(domains[source].truth)
    ]
    if train.best_by in ("lpips", "psnr", "ssim") and unknown:
        raise UserError(
            f"{flag} needs {' and '.join(unknown)} for every test picture; leave it at auto."
        )
    if train.best_by == "cycle" and not _goes_back(config):
        raise UserError(
            f"{flag} needs a way back, which {config.variant} has not; leave it at auto."
        )
    if train.best_by in ("kid", "lpips") and train.extractor == NONE:
        raise UserError(f"{flag} needs an extractor: name one with --train.extractor.")
    if train.best_by == "lpips" and not has_local_lpips("alex"):
        raise UserError(
            f"{flag} needs AlexNet's weights: put alexnet-owt-7be5be79.pth into the directory "
            "named by RECYCLEGAN_WEIGHTS, or leave it at auto."
        )


def _goes_back(config: Config) -> bool:
    return len(TRANSLATORS[config.translator].directions) > 1


def check_same_data(run: RunDir, manifest: Manifest) -> None:
    """Check that a run goes on with the pictures that it began with, wherever they are now.

    Raises:
        UserError: a picture was added, taken away or changed.
    """
    sittings = read_sittings(run)
    if sittings and sittings[-1]["data_digest"] != manifest.digest:
        raise UserError(
            f"The pictures of {run.path} are not those that it was trained on ("
            f"{run.path / 'manifest.json'} lists them); bring them back, or start a new run."
        )


def loss_weights(translator: Translator) -> dict[str, str]:
    """Return by name the SHA-256 of the pretrained networks that a loss looks through."""
    return {
        module.name: module.weights_sha256
        for module in translator.feature_terms.modules()
        if isinstance(module, NamedLayers)
    }


def check_same_weights(run: RunDir, translator: Translator) -> None:
    """Check that a run goes on with the pretrained networks that its losses began with.

    Raises:
        UserError: the file that is found here is another.
    """
    sittings = read_sittings(run)
    before = sittings[-1].get("weights_sha256", {}) if sittings else {}
    for name, found in loss_weights(translator).items():
        if before.get(name, found) != found:
            raise UserError(
                f"The loss of {run.path} was computed with weights of {name} of SHA-256 "
                f"{before[name]}, and those found here have {found}; put that file into the "
                "directory named by RECYCLEGAN_WEIGHTS, or start a new run."
            )


def newest_checkpoint(session: Session) -> Checkpoint | None:
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
