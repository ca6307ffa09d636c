"""The trackers that there are, and the packages that they need."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from recyclegan.config import TrainConfig
from recyclegan.errors import UserError
from recyclegan.training.tracking.tracker import Tracked, Tracker

TRACKERS = {
    "tensorboard": ("tensorboard", "TensorBoard"),
    "wandb": ("weights_and_biases", "WeightsAndBiases"),
    "trackio": ("trackio", "Trackio"),
}
"""Each name, which is also its package's, with the module here and the class in it."""


def require_trackers(train: TrainConfig) -> None:
    """Pass if the packages of all trackers asked for are installed.

    Raises:
        UserError: one is missing, or artifacts are asked for without what keeps them.
    """
    missing = [name for name in train.track if find_spec(name) is None]
    if missing:
        raise UserError(
            f"--train.track {' '.join(train.track)} needs {' and '.join(missing)}: "
            "pip install 'recyclegan[track]'."
        )
    if train.track_artifacts and "wandb" not in train.track:
        raise UserError("--train.track-artifacts are kept by W&B: add --train.track wandb.")


def open_tracker(name: str, run: Tracked) -> Tracker:
    """Begin a sitting in a tracker; whatever it trips over is raised."""
    module, kind = TRACKERS[name]
    tracker: Tracker = getattr(import_module(f"recyclegan.training.tracking.{module}"), kind)(run)
    return tracker
