"""What a study's file asks for: every training with its configuration and its command."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from recyclegan.comparison.sets import RESERVED
from recyclegan.config import Config
from recyclegan.config.plain import differences, from_plain, to_plain, with_changes
from recyclegan.errors import UserError
from recyclegan.study.file import Budget, Data, StudyFile, Variant, find_file, read_file
from recyclegan.study.training import PLACE, Length, Training
from recyclegan.variants.registry import VARIANTS, get_variant

QUIET = {"train.extractor": "none", "train.eval_minutes": None, "train.eval_steps": None}
"""Held-out evaluation in the course of training would eat the budget; it is left to the end."""

OWN = ("train.minutes", "train.steps", "train.epochs", "seed")
"""What budgets and seeds say."""


@dataclass(frozen=True)
class Plan:
    """A study: its trainings in the order in which they are made, and how."""

    name: str
    source: Path
    reference: str
    data: Mapping[str, Data]
    trainings: tuple[Training, ...]
    jobs: int
    extractor: str

    @property
    def names(self) -> list[str]:
        """The variants by their names here."""
        return list(dict.fromkeys(training.name for training in self.trainings))


def make_plan(given: str, *, jobs: int | None = None) -> Plan:
    """Return what a study's file, given by its path or name, asks for.

    One seed of everything comes before the next, so that a study that is cut has all variants.

    Raises:
        UserError: the file, a variant, a field or a value in it does not fit; names it.
    """
    path = find_file(given)
    file = read_file(path)
    jobs = jobs or file.jobs
    lengths = [_length(budget, place, path) for place, budget in enumerate(file.budgets)]
    _check(file, lengths, path)
    configs = {variant.name: _configured(variant, file, jobs, path) for variant in file.variants}
    trainings = [
        _training(data, length, variant.name, seed, configs[variant.name])
        for seed, data, length, variant in product(file.seeds, file.data, lengths, file.variants)
    ]
    data = {name: _placed(name, entry, path) for name, entry in file.data.items()}
    return Plan(file.name, path, file.reference, data, tuple(trainings), jobs, file.extractor)


def _length(budget: Budget, place: int, path: Path) -> Length:
    units = {"minutes", "steps", "epochs", "images"}
    given = [(unit, value) for unit in sorted(units) if (value := getattr(budget, unit))]
    if len(given) != 1:
        raise UserError(
            f"{path}: budgets[{place}] should have one of minutes, steps, epochs and images."
        )
    return Length(*given[0])


def _check(file: StudyFile, lengths: Sequence[Length], path: Path) -> None:
    """Refuse names that are there twice or nowhere."""
    names = [variant.name for variant in file.variants]
    lists: tuple[tuple[str, list[Any]], ...] = (
        ("variants", names),
        ("seeds", list(file.seeds)),
        ("budgets", [length.label for length in lengths]),
    )
    for key, values in lists:
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise UserError(f"{path}: {key} has {twice} twice; give each a name of its own.")
    taken = next((name for name in names if name.lower() in RESERVED), None)
    if taken:
        raise UserError(f"{path}: a comparison calls something else {taken}; rename the variant.")
    if file.reference not in names:
        raise UserError(
            f"{path}: reference {file.reference} is none of the variants ({', '.join(names)})."
        )


def _configured(variant: Variant, file: StudyFile, jobs: int, path: Path) -> Config:
    where = f"{path}: variant {variant.name}"
    if variant.variant not in VARIANTS:
        near = get_close_matches(variant.variant, VARIANTS, n=1)
        hint = f"did you mean {near[0]}?" if near else "`recyclegan variants` lists them."
        raise UserError(f"{where}: there is no variant {variant.variant!r}; {hint}")
    changes = {**QUIET, **file.set, **variant.set}
    for key in changes:
        if str(key).replace("-", "_") in OWN:
            raise UserError(f"{where}: set.{key} is told by budgets and seeds; leave it out.")
    config = with_changes(VARIANTS[variant.variant], changes, where)
    if jobs > 1 and not config.train.threads:
        # Else each would take all cores, and all would wait for one another.
        threads = max(1, (os.cpu_count() or 1) // jobs)
        config = replace(config, train=replace(config.train, threads=threads))
    return config


def _training(data: str, length: Length, name: str, seed: int, config: Config) -> Training:
    settings = {
        key: value
        for key, value in differences(config, get_variant(config.variant)).items()
        if key not in PLACE and not (key in QUIET and QUIET[key] == value)
    }
    values = to_plain(replace(config, seed=seed))
    pictures = config.optimizer.batch * config.optimizer.accumulate
    for key, value in length.fields(pictures).items():
        values["train"][key.removeprefix("train.")] = value
    return Training(data, length, name, seed, from_plain(values, name), settings)


def _placed(name: str, entry: Data, path: Path) -> Data:
    """Return a data set whose folder is told from the file on."""
    if (entry.folder is None) == (entry.scenes is None):
        raise UserError(f"{path}: data.{name} should be a folder, or have the key scenes.")
    if entry.folder is None:
        return entry
    folder = path.parent / Path(entry.folder).expanduser()
    if not folder.is_dir():
        raise UserError(f"{path}: data.{name}: there is no folder {folder}.")
    return Data(folder=str(folder.resolve()))
