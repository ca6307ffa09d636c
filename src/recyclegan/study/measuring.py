"""Translating and measuring what a training made, and what costs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import read_info
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import RunFailed
from recyclegan.evaluation.baselines import BASELINES, colours_of, make_baseline
from recyclegan.evaluation.choosing import AUTO, Choice, choose
from recyclegan.evaluation.instruments import is_at_hand
from recyclegan.evaluation.measuring import References, measure_sets
from recyclegan.evaluation.record import figures_json
from recyclegan.evaluation.registry import all_metrics
from recyclegan.evaluation.sets import find_files, read_set
from recyclegan.study.datasets import TestPictures
from recyclegan.study.results import write_figures
from recyclegan.training.judge import NONE, choose_extractor
from recyclegan.translation.folder import translate_path
from recyclegan.translation.translator import load_translator


class Measuring:
    """Measures sets of translations; references are read, and features computed, once."""

    def __init__(self, extractor: str, out: Path, cache_dir: Path | None = None) -> None:
        # A name is looked for only when something is measured: all may be done already.
        self.extractor = choose_extractor(AUTO) if extractor == AUTO else extractor
        self.out = out
        self._cache_dir = cache_dir
        self._choices: dict[bool, Choice] = {}
        self._references: dict[tuple[Path, str], dict[str, Any]] = {}

    def require_networks(self) -> None:
        """Load what measures any data set, so that what is missing is told before a training.

        Raises:
            UserError: the extractor is unknown, or its weights are not to be had.
        """
        self._choice(has_truth=False)

    def translate(self, run: Path, test: TestPictures, out: Path) -> dict[str, Path]:
        """Translate the test pictures with a run's last state in each of its directions.

        In float32, so that what is fast on a busy machine does not choose the arithmetic.

        Raises:
            RunFailed: a picture could not be translated.
        """
        model = run / "checkpoints" / "last"
        folders = {}
        for direction in read_info(find_generators(model)).directions:
            translator = load_translator(model, direction, precision="fp32")
            folders[direction] = out / direction
            counts = translate_path(
                translator, test.source(direction), folders[direction], overwrite=True
            )
            if counts.failed:
                raise RunFailed(f"A test picture cannot be translated: {counts.failed[0]}.")
        return folders

    def measure(
        self, fakes: Path, test: TestPictures, direction: str, key: str, *, stage: Stage = unseen
    ) -> dict[str, Any]:
        """Measure a folder of translations, keep its replicates, and return its figures."""
        made = read_set(fakes, find_files("fake", fakes))
        return self._measure({key: made}, test, direction, stage)[key]

    def baselines(
        self, test: TestPictures, direction: str, keys: Mapping[str, str], *, stage: Stage = unseen
    ) -> dict[str, Any]:
        """Measure what costs nothing; `keys` says where the replicates of each are kept."""
        sets = self._sets(test, direction)
        colours = colours_of(sets["real"])
        with TemporaryDirectory(prefix="recyclegan-") as folder:
            rows = {
                keys[name]: make_baseline(name, sets["source"], colours, Path(folder) / name)
                for name in BASELINES
            }
            found = self._measure(rows, test, direction, stage)
        return {name: found[keys[name]] for name in BASELINES}

    def _sets(self, test: TestPictures, direction: str) -> dict[str, Any]:
        key = (test.folder, direction)
        if key not in self._references:
            self._references[key] = test.read(direction)
        return self._references[key]

    def _measure(
        self, rows: Mapping[str, Any], test: TestPictures, direction: str, stage: Stage
    ) -> dict[str, Any]:
        sets = self._sets(test, direction)
        choice = self._choice(has_truth="truth" in sets)
        fewest = min(len(one) for one in (*rows.values(), sets["real"], sets["source"]))
        metrics = choice.fitting(fewest, asked=False).metrics
        references = References(sets["real"], sets.get("truth"), sets["source"])
        found = measure_sets(rows, references, choice.instruments, metrics, stage=stage)
        for key, measured in found.items():
            write_figures(figures_path(self.out, key, direction), measured)
        return {key: figures_json(measured) for key, measured in found.items()}

    def _choice(self, *, has_truth: bool) -> Choice:
        if has_truth not in self._choices:
            folders = {"real", "source", *(("truth",) if has_truth else ())}
            names, extractor = None, self.extractor
            if extractor == NONE:
                names, extractor = _without_extractor(folders), AUTO
            self._choices[has_truth] = choose(
                names, folders, extractor=extractor, cache_dir=self._cache_dir
            )
        return self._choices[has_truth]


def figures_path(out: Path, key: str, direction: str) -> Path:
    """Return where the figures of a training, or of what costs nothing, are kept in resamples."""
    return out / "figures" / key / f"{direction}.npz"


def _without_extractor(folders: set[str]) -> list[str]:
    return [
        metric.name
        for metric in all_metrics((), ("alex",))
        if set(metric.needs) <= folders and (not metric.network or is_at_hand(metric.network))
    ]
