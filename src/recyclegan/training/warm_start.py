"""A training that begins with the generators of an earlier one, or with imported ones."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import nn

from recyclegan.atomic import sha256
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import read_generators
from recyclegan.config import Config, GeneratorConfig
from recyclegan.errors import UserError
from recyclegan.networks.weights import check_fit
from recyclegan.training.state import TrainingState, initial_state

FLAG = "--train.start-from"


def pinned(config: Config, out: Path) -> Config:
    """Return a configuration that names the file to start from by its place and its hash.

    Raises:
        UserError: there is no such model, it lies in the run directory that is to be made, or its
            generators are of another architecture; says the flags that make the training's alike.
    """
    if config.train.start_from is None:
        return config
    path = find_generators(Path(config.train.start_from)).absolute()
    if path.resolve().is_relative_to(out.resolve()):
        raise UserError(f"{FLAG} {path} lies in --out {out}, where the new run goes; name another.")
    _, info = read_generators(path)
    widest = info.generator.features * 2**info.generator.downsamplings
    ours, theirs = (asdict(_tight(one, widest)) for one in (config.generator, info.generator))
    flags = [_flag(name, value) for name, value in theirs.items() if ours[name] != value]
    if flags:
        raise UserError(
            f"{FLAG} {path} has generators of another architecture; add {' '.join(flags)}, or name "
            "another model."
        )
    known = config.train.start_sha256 or sha256(path)
    return replace(config, train=replace(config.train, start_from=str(path), start_sha256=known))


def starting_state(config: Config, device: torch.device) -> TrainingState:
    """Return the state of a training before its first step.

    It is a function of the seed and of the file to start from: generators and their average are
    the file's; everything else begins anew, and so does a direction that the file has not.

    Raises:
        UserError: the file is gone, another or damaged, or has no direction of the training.
    """
    state = initial_state(config, device)
    if config.train.start_from is None:
        return state
    path = Path(config.train.start_from)
    if not path.is_file() or sha256(path) != config.train.start_sha256:
        raise UserError(
            f"{FLAG} {path} is gone, or is not the file of SHA-256 {config.train.start_sha256}; "
            "bring that back, or start a new run."
        )
    if not _load(path, state.generators):
        raise UserError(f"{FLAG} {path} has no direction of this training; name another model.")
    if not state.is_finite():
        raise UserError(f"{FLAG} {path} holds values that are no finite numbers; name another.")
    state.averaged_generators.load_state_dict(state.generators.state_dict())
    return state


def describe_start(config: Config, state: TrainingState) -> str:
    """Return a sentence on what a training with a file to start from begins with."""
    _, info = read_generators(Path(str(config.train.start_from)))
    directions = [name.removeprefix("generator_") for name in state.generators]
    taken = " and ".join(d for d in directions if d in info.directions)
    anew = [*(d for d in directions if d not in info.directions), "discriminators"]
    return (
        f"Beginning with {taken} of {config.train.start_from} ({info.variant}, step "
        f"{info.step:,}); {', '.join(anew)} and optimizers begin anew."
    )


def _load(path: Path, generators: nn.ModuleDict) -> bool:
    """Load each generator that the file has; return whether there is one."""
    tensors, _ = read_generators(path)
    loaded = False
    for name, network in generators.items():
        prefix = f"{name}."
        weights = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        if weights:
            check_fit(network.state_dict(), weights, "the generator that it describes", path)
            network.load_state_dict(weights)
            loaded = True
    return loaded


def _tight(config: GeneratorConfig, widest: int) -> GeneratorConfig:
    """Return the same with no higher limit of features than where it begins to play a part."""
    return replace(config, max_features=min(config.max_features, widest))


def _flag(name: str, value: object) -> str:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--generator.{flag}" if value else f"--generator.no-{flag}"
    return f"--generator.{flag} {value}"
