"""One sitting of a training: its pictures, its state and where it writes."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import isfinite
from typing import Any

import torch
from rich.console import Console
from torch import Tensor
from torch.nn.functional import avg_pool2d

from recyclegan import ranks
from recyclegan.checkpoint.generators import GeneratorInfo
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
from recyclegan.training.tracking.place import note_logged
from recyclegan.training.tracking.trackers import Trackers
from recyclegan.training.tuned import model_files
from recyclegan.training.warm_start import starting_state
from recyclegan.translators.phase import Pictures

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
        self.trackers = Trackers()

    @property
    def best_by(self) -> str:
        """The figure that chooses `best`."""
        if self.config.train.best_by != "auto":
            return self.config.train.best_by
        if self.config.train.extractor != NONE:
            return "kid"
        directions = self.state.translator.directions
        known = self.held_out is not None and self.held_out.has_truth(directions)
        return "psnr" if known else "swd"

    @property
    def pictures_a_step(self) -> int:
        """Pictures of each domain in a step, over all processes."""
        optimizer = self.config.optimizer
        return optimizer.batch * optimizer.accumulate * ranks.world_size()

    @property
    def progress(self) -> float:
        """The share of the training that is over, in [0, 1]."""
        now = self.state.counters
        return self.budget.progress(steps=now.step, seconds=now.elapsed, pictures=now.pictures)

    @property
    def epoch(self) -> float:
        """How often the larger folder was passed over."""
        return self.state.counters.pictures / self.dataset.num_per_epoch

    def batches(self) -> Generator[dict[str, Tensor], None, None]:
        """Yield what this process takes of the steps after the current one, without end."""
        num, cores = ranks.world_size(), (os.cpu_count() or 1) // ranks.num_here()
        return self.dataset.batches(
            count(self.state.counters.pictures + ranks.rank(), num),
            self.pictures_a_step // num,
            num_threads=self.config.images.workers or max(1, min(MAX_READERS, cores)),
            pinned=self.device.type == "cuda",
        )

    def on_device(self, batch: Mapping[str, Tensor]) -> list[Pictures]:
        """Return a step's pictures where they are computed, in the batches and size of its time."""
        halved = self.progress < self.config.images.half_until
        domains = []
        for name in "ab":
            whole = batch[name].to(self.device, non_blocking=True)
            shown = avg_pool2d(whole, 2) if halved else whole
            domains.append(torch.split(shown, self.config.optimizer.batch))
        return [Pictures(*pair) for pair in zip(*domains, strict=True)]

    def log_window(self, rate: float) -> None:
        """Write what the steps since the last line measured on average."""
        now, means = self.state.counters, self.state.window.drain()
        clock = {"elapsed": now.elapsed, **self.clock.drain()}
        values = {"epoch": self.epoch, "rate": rate, **means}
        self.log.append("train", now.step, **values, time=clock)
        self.trackers.event("train", now.step, {**values, "time/elapsed": now.elapsed})

    def evaluate(self) -> bool:
        """Evaluate, log and draw a sample grid; tell whether this is the best state so far."""
        return ranks.on_first(self._evaluate)

    def _evaluate(self) -> bool:
        counters, generators = self.state.counters, self.state.averaged_generators
        grid = self.run.sample_path(counters.step)
        sample_grid(generators, self.panel, self.domains).save(grid)
        self.trackers.picture(counters.step, grid)
        if self.held_out is None:
            return False
        figures = evaluate(generators, self.held_out)
        self.log.append("evaluation", counters.step, **figures)
        self.trackers.event("evaluation", counters.step, figures)
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
        memories = ranks.gather(self.state.memory() if not ranks.is_first() else {})
        ranks.on_first(partial(self._write, memories[1:]))

    def _write(self, memories: Sequence[Mapping[str, Any]]) -> None:
        counters = self.state.counters
        if not self.state.is_finite():
            raise RunFailed(
                f"The weights at step {counters.step} are not finite, so they were not saved; "
                f"the checkpoint before is whole: `recyclegan translate {self.run.path} …` uses it."
            )
        info = GeneratorInfo(
            variant=self.config.variant,
            generator=self.config.generator,
            domains=dict(self.domains),
            directions=self.state.translator.directions,
            size=self.config.images.size,
            step=counters.step,
        )
        models = model_files(self.state.averaged_generators, info, self.config.train)
        meta = {
            "elapsed": counters.elapsed,
            "best_by": self.best_by,
            "score": counters.best_score,
            "processes": 1 + len(memories),
        }
        self.log.sync()
        self.store.save(counters.step, models, self.state.state_dict(memories), meta)
        self.store.link("last", counters.step)
        self.store.link("best", counters.best_step)
        self.store.prune()

    def go_back(self, checkpoint: Checkpoint | None) -> None:
        """Bring the session to a checkpoint, or to its start, and forget what came later."""
        rollbacks = self.state.counters.rollbacks
        if checkpoint is None:
            self.state = starting_state(self.config, self.device)
        else:
            self.state.load_state_dict(ranks.on_first(checkpoint.training_state))
        counters = self.state.counters
        if not counters.pictures:  # Saved before they were counted.
            counters.pictures = counters.step * self.config.optimizer.batch
        ranks.on_first(partial(self._forget, rollbacks))

    def _forget(self, rollbacks: int) -> None:
        counters = self.state.counters
        note_logged(self.run, self.log)
        self.trackers.go_back(counters.step)
        self.log.truncate_after(counters.step, max(rollbacks, counters.rollbacks))
        self.store.drop_after(counters.step)
        self.store.link("last", counters.step)
        if not self.store.link("best", counters.best_step):
            counters.best_score = counters.best_step = None
