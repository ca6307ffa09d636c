"""TensorBoard: event files in `tensorboard` in the run directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from recyclegan.training.tracking.tracker import Report, Tracked


class TensorBoard:
    """Writes event files; what is computed again takes the place of what was there."""

    def __init__(self, run: Tracked) -> None:
        self.folder = str(run.folder / "tensorboard")
        self.writer = self._open(run.step)
        if not run.step:
            text = json.dumps(run.config, indent=2, default=str)
            self.writer.add_text("configuration", f"```json\n{text}\n```", 0)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Take values of a step."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def picture(self, step: int, path: Path) -> None:
        """Take the sample grid of a step."""
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        self.writer.add_image("samples", pixels, step, dataformats="HWC")

    def go_back(self, step: int) -> None:
        """Have readers forget what came after a step."""
        self.writer.close()
        self.writer = self._open(step)

    def finish(self, report: Report) -> None:
        """Write the report."""
        self.writer.add_text("report", report.text, int(report.summary["step"]))
        self.writer.close()

    def close(self) -> None:
        """Write what is left."""
        self.writer.close()

    def _open(self, step: int) -> SummaryWriter:
        return SummaryWriter(self.folder, purge_step=step + 1 if step else None)
