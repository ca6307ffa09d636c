"""Everything that a training changes, so that a checkpoint leaves nothing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel

from recyclegan import ranks
from recyclegan.config import Config, OptimizerConfig
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.tuning import restrict
from recyclegan.training.arithmetic import LAYOUTS
from recyclegan.training.average import averaged
from recyclegan.training.health import HealthMonitors
from recyclegan.training.precision import Precision
from recyclegan.training.random_state import (
    random_state,
    restore_random_state,
    seed_everything,
)
from recyclegan.training.side_by_side import SideBySide
from recyclegan.training.window import Window
from recyclegan.translators.registry import make_translator
from recyclegan.translators.translator import GENERATORS, Translator


@dataclass
class Counters:
    """Where a training stands, in plain numbers.

    `pictures` of each domain were seen, by all processes together. `elapsed` is in seconds over all
    sittings; `rate_scale` is halved by each rollback, the last
    of which led to step `went_back_to`; the two `*_at` hold (step, elapsed) of the last evaluation
    and the last checkpoint.
    """

    step: int = 0
    pictures: int = 0
    elapsed: float = 0.0
    rate_scale: float = 1.0
    rollbacks: int = 0
    went_back_to: int | None = None
    evaluated_at: tuple[int, float] = (0, 0.0)
    saved_at: tuple[int, float] = (0, 0.0)
    best_score: float | None = None
    best_step: int | None = None


@dataclass
class TrainingState:
    """Networks, their average, optimizers, scaler, memories, chance and counters."""

    translator: Translator
    generators: nn.ModuleDict
    average: AveragedModel
    optimizers: dict[str, Optimizer]
    precision: Precision
    side_by_side: SideBySide
    random: torch.Generator
    health: HealthMonitors = field(default_factory=HealthMonitors)
    window: Window = field(default_factory=Window)
    counters: Counters = field(default_factory=Counters)

    @property
    def averaged_generators(self) -> nn.ModuleDict:
        """The generators that are evaluated and shipped."""
        module = self.average.module
        assert isinstance(module, nn.ModuleDict)
        return module

    def set_rates(self, config: OptimizerConfig, factor: float) -> None:
        """Set the learning rates to a share of their start values."""
        rates = {"generators": config.lr_generator, "discriminators": config.lr_discriminator}
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = rates[name] * factor

    def memory(self) -> dict[str, Any]:
        """Return what each of several processes has for itself: memories and chance."""
        return {
            "translator": self.translator.memory(),
            "random": self.random.get_state(),
            "global_random": random_state(),
        }

    def state_dict(self, others: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Return the whole state as tensors and plain values, with the memories of the others."""
        return {
            **self.memory(),
            "translator": self.translator.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": {name: opt.state_dict() for name, opt in self.optimizers.items()},
            "scaler": self.precision.scaler.state_dict(),
            "health": self.health.state_dict(),
            "window": self.window.state_dict(),
            "counters": dict(vars(self.counters)),
            "others": list(others),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a whole state; a process that had no part in it keeps memories of its own."""
        self.translator.networks.load_state_dict(state["translator"]["networks"])
        self.average.load_state_dict(state["average"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        if state["scaler"]:  # Empty where the state was saved in a precision that needs none.
            self.precision.scaler.load_state_dict(state["scaler"])
        self.health.load_state_dict(state["health"])
        self.window.load_state_dict(state["window"])
        self.counters = Counters(**state["counters"])
        memories = [state, *state.get("others", ())]
        if ranks.rank() < len(memories):
            memory = memories[ranks.rank()]
            self.translator.load_memory(memory["translator"])
            self.random.set_state(memory["random"])
            restore_random_state(memory["global_random"])

    def is_finite(self) -> bool:
        """Tell whether every weight is a finite number."""
        weights = self.translator.networks.state_dict().values()
        return all(bool(tensor.isfinite().all()) for tensor in weights)


def initial_state(config: Config, device: torch.device) -> TrainingState:
    """Return the state of a training that has not begun; a function of the seed.

    Several processes begin with equal networks, and each with its own chance.
    """
    seed_everything(config.seed)
    translator = make_translator(config)
    if config.train.tune != "full":
        for direction in translator.directions:
            generator = translator.networks[GENERATORS[direction]]
            assert isinstance(generator, ResNetGenerator)
            restrict(generator, config.train.tune, config.train.lora_rank)
    for networks in (translator.networks, translator.feature_terms):
        networks.to(device)
        networks.to(memory_format=LAYOUTS[config.train.layout])  # type: ignore[call-overload]
    names = [GENERATORS[direction] for direction in translator.directions]
    generators = nn.ModuleDict({name: translator.networks[name] for name in names})
    if config.train.compile:
        for network in translator.networks.values():
            network.compile()
    settings = config.optimizer
    return TrainingState(
        translator=translator,
        generators=generators,
        average=averaged(generators, settings.ema_decay),
        optimizers={
            "generators": _adam(translator, "generators", settings.lr_generator, settings),
            "discriminators": _adam(
                translator, "discriminators", settings.lr_discriminator, settings
            ),
        },
        precision=Precision(config.train.precision, device),
        side_by_side=SideBySide(device, compiled=config.train.compile),
        random=torch.Generator().manual_seed(config.seed + ranks.rank()),
    )


def _adam(translator: Translator, name: str, rate: float, settings: OptimizerConfig) -> Optimizer:
    """Return the optimizer of all networks that a phase trains with it."""
    phases = [phase for phase in translator.phases if phase.optimizer == name]
    trained = dict.fromkeys(network for phase in phases for network in phase.trains)
    parameters = [p for network in trained for p in translator.networks[network].parameters()]
    return Adam(parameters, rate, (settings.beta1, settings.beta2), fused=True)
