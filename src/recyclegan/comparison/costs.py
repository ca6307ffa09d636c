"""What each set cost to make, as far as its folder or its training says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recyclegan.comparison.model_file import MODEL, read_model
from recyclegan.comparison.sets import ComparedSet
from recyclegan.runs.events import EventLog
from recyclegan.runs.run_dir import open_run
from recyclegan.translation.cost import COSTS, generator_cost
from recyclegan.translation.record import RECORD

COUNTED = "convolutions and matrix products of one pass at {}x{}, half of torch's operations"


def set_cost(one: ComparedSet, run: Path | None = None) -> dict[str, Any] | None:
    """Return {"parameters", "multiply_adds", "seconds_per_image", "source"}, None where unknown.

    The first that knows one counts: model.json in the set's folder, the translation.json that
    `translate` wrote there, the configuration of the run. `source` says for each which it was.

    Raises:
        UserError: model.json says what cannot be, or there is no run.
    """
    cost: dict[str, Any] = dict.fromkeys(COSTS)
    source: dict[str, str] = {}
    model = read_model(Path(one.pictures.path))
    found: list[tuple[str, Mapping[str, Any]]] = [
        (_told(MODEL, model), model),
        (_told(RECORD, one.record), one.record),
    ]
    if run is not None:
        size = one.sizes.most_common(1)[0][0]
        config = open_run(run)[1].config.generator
        found.append((f"{run}: {COUNTED.format(*size)}", generator_cost(config, size)))
    for where, costs in found:
        for name in COSTS:
            if cost[name] is None and isinstance(costs.get(name), int | float):
                cost[name], source[name] = costs[name], where
    return {**cost, "source": source} if source else None


def read_curves(runs: Mapping[str, Path]) -> dict[str, list[dict[str, Any]]]:
    """Return the events of each run.

    Raises:
        UserError: there is no run at a path.
    """
    return {
        name: list(EventLog(open_run(run)[0].metrics_path).read()) for name, run in runs.items()
    }


def _told(file: str, content: Mapping[str, Any]) -> str:
    """Return the name of a file with what it says of how its numbers came about."""
    told = ", ".join(str(content[name]) for name in ("cost_of", "device") if name in content)
    return f"{file}: {told}" if told else file
