"""The configuration that takes a trained model to a new city, camera or season."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, read_info
from recyclegan.config import Config
from recyclegan.runs.run_dir import open_run
from recyclegan.variants.registry import get_variant

STEPS = 2000
RATES = {"lora": 1e-4, "norm": 2e-3, "full": 1e-4}
"""Learning rates of the generators: gains and offsets alone may go further."""


def adaptation(model: str | Path, *, tune: str = "lora", rank: int = 4) -> Config:
    """Return the configuration that trains a model on from where it is, on few pictures.

    It is the one that the model was trained with, where its run is at hand, else its variant's;
    but for what is trained, for how long and how fast, and that the discriminators see their
    pictures shifted and cut out, because few are soon known by heart.

    Raises:
        UserError: there is no model at that path, or it is of an unknown variant.
    """
    path = find_generators(Path(model)).absolute()
    info = read_info(path)
    config = _trained_with(path, info)
    changes: dict[str, Any] = {"start_from": str(path), "start_sha256": None}
    changes |= {"tune": tune, "lora_rank": rank, "steps": STEPS, "minutes": None}
    return replace(
        config,
        generator=info.generator,
        optimizer=replace(
            config.optimizer, lr_generator=RATES[tune], diff_augment=True, decay_from=0.5
        ),
        images=replace(config.images, size=info.size),
        train=replace(config.train, **changes, device="auto"),
    )


def _trained_with(path: Path, info: GeneratorInfo) -> Config:
    folders = path.resolve().parents
    if len(folders) > 2 and (folders[2] / "config.json").is_file():
        return open_run(folders[2])[1].config
    return get_variant(info.variant)
