"""A training that begins with the generators of an earlier one, or with imported ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from recyclegan.atomic import sha256
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import read_generators, read_info, weights_of
from recyclegan.config import Config, GeneratorConfig
from recyclegan.errors import UserError
from recyclegan.networks.tuning import base_tensors, require_peft
from recyclegan.networks.weights import check_fit
from recyclegan.training.state import TrainingState, initial_state
from recyclegan.training.tuned import describe_tuning

FLAG = "--train.start-from"


def pinned(config: Config, out: Path) -> Config:
    """Return a configuration that names the file to start from by its place and its hash.

    Raises:
        UserError: there is no such model, it lies in the run directory that is to be made, or its
            generators are of another architecture; says the flags that make the training's alike.
    """
    start = config.train.start_from
    if start is None:
        if config.train.tune != "full":
            raise UserError(
                f"--train.tune {config.train.tune} needs a trained model, which {FLAG} names; "
                "`recyclegan adapt` does so."
            )
        return config
    if config.train.tune == "lora":
        require_peft()
    if config.train.tune == "norm":
        config = replace(config, generator=replace(config.generator, affine_norms=True))
    path = find_generators(Path(start)).absolute()
    if path.resolve().is_relative_to(out.resolve()):
        raise UserError(f"{FLAG} {path} lies in --out {out}, where the new run goes; name another.")
    info = read_info(path)
    widest = info.generator.features * 2**info.generator.downsamplings
    ours, theirs = (asdict(_tight(one, widest)) for one in (config.generator, info.generator))
    if ours["affine_norms"]:
        theirs["affine_norms"] = True  # Gains and offsets can be added: they begin at 1 and 0.
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
    tensors, info = read_generators(path)
    affine_norms = info.generator.affine_norms
    loaded = []
    for name, network in state.generators.items():
        weights = weights_of(tensors, name.removeprefix("generator_"))
        if weights:
            _load(weights, base_tensors(network, affine_norms=affine_norms), path)
            loaded.append(name)
    if not loaded:
        raise UserError(f"{FLAG} {path} has no direction of this training; name another model.")
    if config.train.tune != "full" and len(loaded) < len(state.generators):
        raise UserError(
            f"{FLAG} {path} has one direction alone, and the other cannot begin anew with most of "
            "its weights frozen; give a model of both, or tune full."
        )
    if not state.is_finite():
        raise UserError(f"{FLAG} {path} holds values that are no finite numbers; name another.")
    state.averaged_generators.load_state_dict(state.generators.state_dict())
    return state


def describe_start(config: Config, state: TrainingState) -> str:
    """Return a sentence on what a training with a file to start from begins with."""
    info = read_info(Path(str(config.train.start_from)))
    directions = [name.removeprefix("generator_") for name in state.generators]
    tuning = describe_tuning(next(iter(state.generators.values())), config.train)
    taken = " and ".join(d for d in directions if d in info.directions)
    besides = [
        name.replace("_", " ")
        for name in state.translator.networks
        if not name.startswith(("generator_", "discriminator_"))
    ]
    anew = [*(d for d in directions if d not in info.directions), *besides, "discriminators"]
    return (
        f"Beginning with {taken} of {config.train.start_from} ({info.variant}, step "
        f"{info.step:,}); {', '.join(anew)} and optimizers begin anew. {tuning}"
    ).rstrip()


def _load(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], path: Path) -> None:
    check_fit(own, weights, "the generator that it describes", path)
    with torch.no_grad():
        for key, value in weights.items():
            own[key].copy_(value)


def _tight(config: GeneratorConfig, widest: int) -> GeneratorConfig:
    """Return the same with no higher limit of features than where it begins to play a part."""
    return replace(config, max_features=min(config.max_features, widest))


def _flag(name: str, value: object) -> str:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--generator.{flag}" if value else f"--generator.no-{flag}"
    return f"--generator.{flag} {value}"
