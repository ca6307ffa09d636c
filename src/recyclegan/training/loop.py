"""The training loop: one flat function from the first step to the last."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial

from recyclegan import ranks
from recyclegan.config import TrainConfig
from recyclegan.errors import RunFailed
from recyclegan.training.divergence import Divergence, react, roll_back
from recyclegan.training.health import Alarm
from recyclegan.training.progress import ProgressLine
from recyclegan.training.schedule import rate_factor
from recyclegan.training.session import Session
from recyclegan.training.state import Counters, TrainingState
from recyclegan.training.step import train_step
from recyclegan.training.stop import StopRequest, stop_on_signals
from recyclegan.translators.phase import Pictures


def run_training(session: Session) -> bool:
    """Train until the budget is spent; return False where a signal ended it before.

    Raises:
        RunFailed: training went wrong beyond repair, the disk is full or another process ended; the
            last checkpoint is whole.
    """
    try:
        with stop_on_signals() as stop:
            while True:
                try:
                    return fit(session, stop)
                except Divergence as divergence:
                    roll_back(session, divergence.alarm)
    except ranks.RankLost as error:
        raise ranks.RankLost(
            f"{error} The last checkpoint is whole: start torchrun again with `resume "
            f"{session.run.path}`, with as many processes as there are."
        ) from None
    except OSError as error:
        raise RunFailed(
            f"{session.run.path} cannot be written ({error.strerror or error}); what "
            f"was saved before is whole: make room, then `recyclegan resume {session.run.path}`."
        ) from None


def fit(session: Session, stop: StopRequest) -> bool:
    """Take steps until the budget is spent (True) or a stop is asked for (False)."""
    state, config = session.state, session.config
    now, optimizer = state.counters, config.optimizer
    began = time.monotonic() - now.elapsed
    finished = False

    with (
        ProgressLine(session.console, pictures_a_step=2 * session.pictures_a_step) as line,
        closing(session.batches()) as stream,
    ):
        for batch in session.clock.timed(stream):
            progress = session.progress
            factor = now.rate_scale * rate_factor(progress, optimizer.decay_from)
            rate = optimizer.lr_generator * factor
            state.set_rates(optimizer, factor)

            batches = session.on_device(batch)
            scalars = train_step(
                state, batches, step=now.step, progress=progress, clip=optimizer.clip_gradient
            )
            state.average.update_parameters(state.generators)
            now.step += 1
            now.pictures += session.pictures_a_step
            scalars = _mean(ranks.gather(scalars))
            # One clock and one judgement for all: else some would leave or go back alone.
            now.elapsed, alarms = ranks.on_first(partial(_look, state, began, scalars, batches[-1]))
            finished = session.progress >= 1

            for alarm in alarms:
                react(session, alarm)
            state.window.add(scalars)
            session.clock.computed()
            if finished or now.step % config.train.log_steps == 0:
                session.log_window(rate)
            improved = False
            if finished or evaluation_due(config.train, now):
                improved = session.evaluate()
                # Counted from its end: else a slow evaluation would be due again at once.
                now.elapsed = ranks.from_first(time.monotonic() - began)
                now.evaluated_at = (now.step, now.elapsed)
            # Read once: a signal between saving and leaving must not leave unsaved.
            leaving = finished or any(ranks.gather(stop.made))
            if leaving or improved or checkpoint_due(config.train, now):
                session.save()
            line.update(now.step, session.progress, scalars, rate, session.clock.recent_share)
            if leaving:
                break
    return finished


def _mean(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each value over what all processes measured."""
    return {name: sum(found[name] for found in measured) / len(measured) for name in measured[0]}


def _look(
    state: TrainingState, began: float, scalars: Mapping[str, float], pictures: Pictures
) -> tuple[float, list[Alarm]]:
    """Return the seconds trained, and the troubles that are new."""
    alarms = state.health.observe(state.counters.step, scalars, pictures)
    return time.monotonic() - began, alarms


def evaluation_due(train: TrainConfig, now: Counters) -> bool:
    """Tell whether steps or minutes enough have passed since the last evaluation."""
    return _due(now, now.evaluated_at, train.eval_steps, train.eval_minutes)


def checkpoint_due(train: TrainConfig, now: Counters) -> bool:
    """Tell whether steps or minutes enough have passed since the last checkpoint."""
    return _due(now, now.saved_at, train.save_steps, train.save_minutes)


def _due(now: Counters, last: tuple[int, float], steps: int | None, minutes: float | None) -> bool:
    if steps is not None:
        return now.step - last[0] >= steps
    return minutes is not None and now.elapsed - last[1] >= minutes * 60
