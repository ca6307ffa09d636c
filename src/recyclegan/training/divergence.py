"""What a run does when a monitor raises an alarm: say so, stop, or go back at half the rate."""

from __future__ import annotations

from rich.text import Text

from recyclegan import ranks
from recyclegan.checkpoint.store import Checkpoint
from recyclegan.errors import RunFailed
from recyclegan.training.health import Alarm
from recyclegan.training.session import Session

MAX_ROLLBACKS = 5
SUSPECT_STEPS = 100
"""A divergence shows late: a checkpoint this close before the alarm may hold it already."""
IN_VAIN_STEPS = 500
"""Diverging again within so many steps of a rollback means that it did not go back far enough."""


class Divergence(Exception):
    """Training went wrong, and the run asks to go back."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__(alarm.sentence)
        self.alarm = alarm


def react(session: Session, alarm: Alarm) -> None:
    """Say and log an alarm; where training has diverged, do what the configuration asks.

    Raises:
        Divergence: the run is to go back.
        RunFailed: the run is to stop, or nothing finite is left to go on with.
    """
    step, choice = session.state.counters.step, session.config.train.on_divergence
    session.console.print(Text(alarm.sentence, style="yellow"))
    session.log.append("alarm", step, kind=alarm.kind, sentence=alarm.sentence)
    if not alarm.diverged:
        return
    if choice == "rollback":
        raise Divergence(alarm)
    if choice == "stop" or alarm.kind == "non-finite":
        raise RunFailed(
            f"Stopped. {alarm.sentence} The last good checkpoint is kept; "
            f"`recyclegan resume {session.run.path} --train.on-divergence rollback` goes on from "
            "it at half the rate where it happens again."
        )


def roll_back(session: Session, alarm: Alarm) -> None:
    """Bring a session back to its last good checkpoint, or its start, at half the rate.

    Raises:
        RunFailed: it has gone back too often already.
    """
    diverged_at = session.state.counters
    if diverged_at.rollbacks == MAX_ROLLBACKS:
        raise RunFailed(
            f"Training diverged again after {MAX_ROLLBACKS} rollbacks ({alarm.kind}); "
            "train with a lower --optimizer.lr-generator."
        )
    session.go_back(ranks.on_first(lambda: _last_good(session, alarm)))
    now = session.state.counters
    now.rate_scale = min(now.rate_scale, diverged_at.rate_scale) / 2
    now.rollbacks = diverged_at.rollbacks + 1
    now.went_back_to = now.step
    # The clock does not go back: a budget in minutes is spent once.
    now.elapsed = diverged_at.elapsed
    session.state.health.reset()
    session.log.append(
        "rollback",
        now.step,
        kind=alarm.kind,
        sentence=alarm.sentence,
        left_at=diverged_at.step,
        rate_scale=now.rate_scale,
        rollbacks=now.rollbacks,
    )
    session.console.print(
        f"[bold yellow]Back to step {now.step:,}[/], learning rate x {now.rate_scale:g}."
    )
    # Saved with the halved rate, so that a kill from here on does not bring the old one back.
    session.save()


def _last_good(session: Session, alarm: Alarm) -> Checkpoint | None:
    """Return the newest checkpoint that the divergence cannot be in, or None for the start.

    Where training went back a short while ago, what it went back to holds the trouble too: then an
    earlier one, or in the first steps the start. Where there is none, the oldest.
    """
    now = session.state.counters
    checkpoints, _ = session.store.valid()
    # What is not finite never gets into the weights: the guard skips such a step.
    suspect = 0 if alarm.kind == "non-finite" else SUSPECT_STEPS
    latest, young = now.step - suspect, False
    tried = now.went_back_to
    if tried is not None and now.step - tried <= IN_VAIN_STEPS:
        latest, young = tried - 1, tried <= IN_VAIN_STEPS
    good = [checkpoint for checkpoint in checkpoints if checkpoint.step <= latest]
    if good:
        return good[-1]
    return checkpoints[0] if checkpoints and not young else None
