"""One sitting of a training: its pictures, its state and where it writes."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import count
from math import isfinite

import torch
from rich.console import Console
from torch import Tensor

from recyclegan.checkpoint.generators import GeneratorInfo, generators_bytes
from recyclegan.checkpoint.store import Checkpoint, CheckpointStore
from recyclegan.config import Config
from recyclegan.data.pairs import UnpairedPictures
from recyclegan.errors import RunFailed
from recyclegan.runs.events import EventLog
from recyclegan.runs.run_dir import RunDir
from recyclegan.training.clock import StepClock
from recyclegan.training.held_out import HeldOut, evaluate, score
from recyclegan.training.judge import NONE
from recyclegan.training.samples import sample_grid
from recyclegan.training.schedule import Budget
from recyclegan.training.state import TrainingState
from recyclegan.training.warm_start import starting_state
from recyclegan.translators.cyclegan import GENERATORS

MAX_READERS = 4
"""Threads that read pictures where nobody names a number: one prepares thousands a second once all
are decoded, and more only shorten the first epoch."""


@dataclass
class Session:
    """What the training loop works with.

    `panel` holds the pictures (N,3,S,S) of the sample grids; `domains` their names, by "a" and "b".
    """

    run: RunDir
    config: Config
    budget: Budget
    dataset: UnpairedPictures
    held_out: HeldOut | None
    panel: dict[str, Tensor]
    domains: Mapping[str, str]
    state: TrainingState
    device: torch.device
    console: Console

    def __post_init__(self) -> None:
        self.store = CheckpointStore(self.run.checkpoints_dir)
        self.log = EventLog(self.run.metrics_path)
        self.clock = StepClock()

    @property
    def best_by(self) -> str:
        """The figure that chooses `best`."""
        if self.config.train.best_by != "auto":
            return self.config.train.best_by
        if self.config.train.extractor != NONE:
            return "kid"
        return "psnr" if self.held_out is not None and self.held_out.has_truth else "swd"

    def batches(self) -> Generator[dict[str, Tensor], None, None]:
        """Yield the batches that come after the current step, without end."""
        batch = self.config.optimizer.batch
        return self.dataset.batches(
            count(self.state.counters.step * batch),
            batch,
            num_threads=self.config.images.workers or min(MAX_READERS, os.cpu_count() or 1),
            pinned=self.device.type == "cuda",
        )

    def log_window(self, rate: float) -> None:
        """Write what the steps since the last line measured on average."""
        now, means = self.state.counters, self.state.window.drain()
        epoch = now.step * self.config.optimizer.batch / self.dataset.num_per_epoch
        clock = {"elapsed": now.elapsed, **self.clock.drain()}
        self.log.append("train", now.step, epoch=epoch, rate=rate, **means, time=clock)

    def evaluate(self) -> bool:
        """Evaluate, log and draw a sample grid; tell whether this is the best state so far."""
        counters, generators = self.state.counters, self.state.averaged_generators
        sample_grid(generators, self.panel, self.domains).save(self.run.sample_path(counters.step))
        if self.held_out is None:
            return False
        figures = evaluate(generators, self.held_out)
        self.log.append("evaluation", counters.step, **figures)
        new = score(figures, self.best_by)
        if not isfinite(new) or (counters.best_score is not None and new >= counters.best_score):
            return False
        counters.best_score, counters.best_step = new, counters.step
        return True

    def save(self) -> None:
        """Write a checkpoint, and let `last` and `best` name what they should.

        Raises:
            RunFailed: the weights are not finite; earlier checkpoints are kept.
            OSError: the disk is full; earlier checkpoints are kept.
        """
        counters = self.state.counters
        counters.saved_at = (counters.step, counters.elapsed)
        if not self.state.is_finite():
            raise RunFailed(
                f"The weights at step {counters.step} are not finite, so they were not saved; "
                f"the checkpoint before is whole: `recyclegan translate {self.run.path} …` uses it."
            )
        info = GeneratorInfo(
            variant=self.config.variant,
            generator=self.config.generator,
            domains=dict(self.domains),
            directions=tuple(GENERATORS),
            size=self.config.images.size,
            step=counters.step,
        )
        generators = generators_bytes(self.state.averaged_generators.state_dict(), info)
        meta = {"elapsed": counters.elapsed, "best_by": self.best_by, "score": counters.best_score}
        self.log.sync()
        self.store.save(counters.step, generators, self.state.state_dict(), meta)
        self.store.link("last", counters.step)
        self.store.link("best", counters.best_step)
        self.store.prune()

    def go_back(self, checkpoint: Checkpoint | None) -> None:
        """Bring the session to a checkpoint, or to its start, and forget what came later."""
        rollbacks = self.state.counters.rollbacks
        if checkpoint is None:
            self.state = starting_state(self.config, self.device)
        else:
            self.state.load_state_dict(checkpoint.training_state())
        counters = self.state.counters
        self.log.truncate_after(counters.step, max(rollbacks, counters.rollbacks))
        self.store.drop_after(counters.step)
        self.store.link("last", counters.step)
        if not self.store.link("best", counters.best_step):
            counters.best_score = counters.best_step = None
