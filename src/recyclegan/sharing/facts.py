"""What is known of a trained model, gathered from its file and its run, or from a shared folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter

from recyclegan.atomic import sha256
from recyclegan.checkpoint.adapter import is_adapter, read_adapter
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, read_info
from recyclegan.checkpoint.hub import CONFIG
from recyclegan.config import Config
from recyclegan.config.plain import differences
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.size import num_parameters
from recyclegan.runs.provenance import read_sittings
from recyclegan.runs.run_dir import RunDir, RunRecord, open_run
from recyclegan.variants.baseline import BASELINE


@dataclass(frozen=True)
class Measurement:
    """One figure of an evaluation, with its interval and what it was computed with."""

    direction: str
    metric: str
    value: float | None
    interval: tuple[float, float] | None
    num: int
    extractor: str | None
    weights_sha256: str | None


@dataclass(frozen=True)
class Facts:
    """A model's card before it has a form; what is not known is left empty.

    `parameters` are those of one generator, `pictures` the numbers by part ("train a"), `recipe`
    the settings that differ from the baseline and what
    it was computed on, and `size` is the training crop in pixels.
    """

    sha256: str
    num_bytes: int
    parameters: int
    variant: str
    step: int
    size: int
    domains: Mapping[str, str]
    directions: tuple[str, ...]
    description: str = ""
    translator: str = ""
    recipe: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, int] = field(default_factory=dict)
    data_digest: str | None = None
    measurements: tuple[Measurement, ...] = ()

    def named(self, direction: str) -> str:
        """Return "day → night" for "a2b", and the other way round for "b2a"."""
        source, target = direction.split("2")
        return f"{self.domains[source]} → {self.domains[target]}"


def facts_of(model: str | Path) -> Facts:
    """Return what is known of a run's, a checkpoint's, a shared folder's or a file's generators.

    Raises:
        UserError: there is no model at that path.
    """
    path = find_generators(Path(model))
    info = read_adapter(path)[1].info if is_adapter(path) else read_info(path)
    return _shared(path) or facts_of_info(path, info)


def facts_of_info(path: Path, info: GeneratorInfo) -> Facts:
    """Return what a generators file and the run that it lies in say."""
    with torch.device("meta"):
        parameters = num_parameters(ResNetGenerator(**asdict(info.generator)))
    digest = sha256(path)
    found = run_of(path)
    return Facts(
        sha256=digest,
        num_bytes=path.stat().st_size,
        parameters=parameters,
        variant=info.variant,
        step=info.step,
        size=info.size,
        domains=dict(info.domains),
        directions=tuple(info.directions),
        **(_of_run(*found, digest) if found else {}),
    )


def run_of(path: Path) -> tuple[RunDir, RunRecord] | None:
    """Return the run that a checkpoint's file lies in, where it does."""
    folders = path.absolute().parents
    if len(folders) > 2 and folders[1].name == "checkpoints" and (folders[2] / CONFIG).is_file():
        return open_run(folders[2])
    return None


def _shared(path: Path) -> Facts | None:
    """Return what a shared folder says of its tensors, None where these are others."""
    try:
        said = json.loads((path.parent / CONFIG).read_text())["shared"]
        facts = TypeAdapter(Facts).validate_python(said)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return facts if facts.sha256 == sha256(path) else None


def _of_run(run: RunDir, record: RunRecord, digest: str) -> dict[str, Any]:
    config = record.config
    sittings = read_sittings(run)
    last = sittings[-1] if sittings else {}
    recipe = {
        name: json.dumps(value) if not isinstance(value, str) else value
        for name, value in differences(portable(config), BASELINE).items()
    }
    recipe |= {
        "seed": str(config.seed),
        "device": str(last.get("device", "")),
        "precision": str(last.get("precision", "")),
        "versions": ", ".join(f"{k} {v}" for k, v in last.get("versions", {}).items()),
        "revision": str(last.get("git_revision") or ""),
    }
    return {
        "description": config.description,
        "translator": config.translator,
        "recipe": {name: value for name, value in recipe.items() if value},
        **_data(run),
        "measurements": tuple(_measurements(run, digest)),
    }


def portable(config: Config) -> Config:
    """Return a configuration without the places of this machine."""
    start = config.train.start_from
    return replace(config, train=replace(config.train, start_from=start and Path(start).name))


def _data(run: RunDir) -> dict[str, Any]:
    try:
        manifest = json.loads((run.path / "manifest.json").read_text())
        counts = Counter(f"{row['split']} {row['domain']}" for row in manifest["entries"])
        return {"data_digest": manifest["digest"], "pictures": dict(sorted(counts.items()))}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _measurements(run: RunDir, digest: str) -> Iterator[Measurement]:
    """Yield the figures of a run's evaluations that are of these very tensors."""
    for path in sorted((run.path / "evaluations").glob("*.json")):
        try:
            record = json.loads(path.read_text())
            for name, figure in record["metrics"].items():
                recipe = figure["recipe"]
                maker = recipe.get("measured", {})
                if maker.get("model_sha256") == digest:
                    yield TypeAdapter(Measurement).validate_python(
                        {
                            "direction": maker["direction"],
                            "metric": name,
                            "value": figure["value"],
                            "interval": figure["interval"],
                            "num": figure["num"],
                            "extractor": recipe.get("extractor"),
                            "weights_sha256": recipe.get("weights_sha256"),
                        }
                    )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # A record of something else, or of another version.
