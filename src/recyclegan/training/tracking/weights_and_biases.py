"""Weights & Biases, online where there is a key, else in `wandb` in the run directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import wandb

from recyclegan.training.tracking.tracker import Report, Tracked

PROJECT = "recyclegan"

ANSWER_SECONDS, SECONDS = 10.0, 60.0
"""Longest waits for an answer, and for the service at the beginning and at the end: training must
not hang on it."""


class WeightsAndBiases:
    """One run there, whose id stays the same over all sittings; its steps only ever grow."""

    def __init__(self, run: Tracked) -> None:
        self.tracked, self.logged = run, run.logged
        self.run = _begin(run)
        if "data" in run.artifacts and not run.step:
            pictures = wandb.Artifact(f"data-{run.id}", type="dataset")
            pictures.add_file(str(run.manifest))
            for domain, paths in run.pictures.items():
                for number, path in enumerate(paths):
                    name = f"{domain}/{number:06}-{path.name}"  # Names may repeat in sub-folders.
                    pictures.add_file(str(path), name=name, policy="immutable", skip_cache=True)
            self.run.log_artifact(pictures)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Take values of a step, unless it was told before: it cannot be told again."""
        if step > self.logged:
            self.run.log(dict(values), step=step)

    def picture(self, step: int, path: Path) -> None:
        """Take the sample grid of a step, likewise."""
        if step > self.logged:
            self.run.log({"samples": wandb.Image(str(path))}, step=step)

    def go_back(self, step: int) -> None:
        """Wait until training is past what was told."""
        self.logged = max(self.logged, self.run.step - 1)

    def finish(self, report: Report) -> None:
        """Send the report and, where it is wanted, the model."""
        self.run.summary.update(dict(report.summary))
        place = Path(self.run.dir) / "report.md"
        place.write_text(report.text)
        if "model" in self.tracked.artifacts and report.model:
            model = wandb.Artifact(
                f"model-{self.tracked.id}", type="model", metadata=dict(report.summary)
            )
            model.add_file(str(report.model), skip_cache=True)
            self.run.log_artifact(model)
        self.run.finish()

    def close(self) -> None:
        """End it as one that failed."""
        self.run.finish(exit_code=1)


def _begin(run: Tracked) -> Any:
    """Begin a sitting there; where there is no answer or no key, offline. It never asks for one."""
    mode = os.environ.get("WANDB_MODE")
    if mode is None:
        reason = _obstacle()
        mode = "offline" if reason else "online"
        if reason:
            run.say(
                f"W&B is kept offline in {run.folder / 'wandb'}, for {reason}; "
                "`wandb sync` sends it."
            )
    return _init(run, mode, resume="allow" if mode == "online" else None)


def _obstacle() -> str:
    """Return what keeps W&B from being online; empty where nothing does."""
    try:
        requests.head(wandb.Settings().base_url, timeout=ANSWER_SECONDS)
        return "" if wandb.login(prompt=False) else "there is no key (`wandb login`)"
    except requests.RequestException:
        return "it does not answer"
    except wandb.Error as error:
        return f"it refused: {str(error).splitlines()[0]}"


def _init(run: Tracked, mode: Any, resume: Any) -> Any:
    return wandb.init(
        project=os.environ.get("WANDB_PROJECT") or PROJECT,
        id=run.id,
        name=run.name,
        config=dict(run.config),
        dir=str(run.folder),
        mode=mode,
        resume=resume,
        settings=wandb.Settings(
            console="off", silent=True, init_timeout=SECONDS, finish_timeout=SECONDS
        ),
    )
