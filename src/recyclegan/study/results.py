"""What a study has found so far: a line of JSON for each training, and its figures in resamples."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from recyclegan.atomic import write_atomically
from recyclegan.errors import UserError
from recyclegan.evaluation.measuring import Measured
from recyclegan.metrics.resampling import Figure, draw_weights, mean_figure

Line = dict[str, Any]
DONE, FAILED = "done", "failed"


class Results:
    """The lines of results.jsonl by their keys; the file is whole at every instant."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[str, Line] = {}
        if path.is_file():
            for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    line = json.loads(text)
                    self._lines[line["key"]] = line
                except (ValueError, KeyError, TypeError):
                    raise UserError(
                        f"{path}, line {number}, is no result; remove the line to make it again."
                    ) from None

    def __iter__(self) -> Iterator[Line]:
        # A copy: another thread may draw them while one is added.
        return iter(list(self._lines.values()))

    def get(self, key: str) -> Line | None:
        """Return the line of a training, None where there is none."""
        return self._lines.get(key)

    def done(self, key: str) -> Line | None:
        """Return the line of a training that was trained and measured, None for any other."""
        line = self._lines.get(key)
        return line if line is not None and line["state"] == DONE else None

    def put(self, line: Line) -> None:
        """Add a line, in place of an earlier one of the same training."""
        self._lines[line["key"]] = line
        text = "".join(json.dumps(one, allow_nan=False) + "\n" for one in self)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, text.encode())


def write_figures(path: Path, measured: Measured) -> None:
    """Write figures so that others can be paired with them: scores of pictures, or replicates."""
    arrays: dict[str, Any] = {"names": np.array(measured.names)}
    for name, figure in measured.figures.items():
        if name in measured.scores:
            arrays[f"scores/{name}"] = measured.scores[name]
        elif figure.value is not None and figure.replicates is not None:
            low, high = figure.bounds or (math.nan, math.nan)
            arrays[f"about/{name}"] = np.array([figure.value, figure.num, low, high])
            arrays[f"replicates/{name}"] = figure.replicates
    path.parent.mkdir(parents=True, exist_ok=True)
    content = BytesIO()
    np.savez_compressed(content, **arrays)
    write_atomically(path, content.getvalue())


def read_figures(path: Path) -> Mapping[str, Figure]:
    """Return the figures that `write_figures` wrote, with their replicates.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _figures(arrays)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UserError(
            f"{path} cannot be read ({error}); take its line out of results.jsonl to measure again."
        ) from None


def _figures(arrays: Mapping[str, Any]) -> dict[str, Figure]:
    names = [str(name) for name in arrays["names"]]
    weights = draw_weights(names)
    found: dict[str, Figure] = {}
    for key in arrays:
        kind, _, name = key.partition("/")
        if kind == "scores":
            found[name] = mean_figure(arrays[key], weights)
        elif kind == "replicates":
            value, num, low, high = arrays[f"about/{name}"].tolist()
            bounds = None if math.isnan(low) else (low, high)
            found[name] = Figure(value, arrays[key], int(num), bounds)
    return found
