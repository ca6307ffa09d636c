"""What a comparison is asked for, checked before any work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recyclegan.comparison.model_file import read_model
from recyclegan.comparison.sets import require_sets
from recyclegan.errors import UserError
from recyclegan.evaluation.choosing import AUTO
from recyclegan.evaluation.sets import find_files
from recyclegan.runs.run_dir import open_run


@dataclass(frozen=True)
class Request:
    """Folders of pictures and what they are looked at through.

    `sets` are 3 to 50 folders by name; `runs` are the trainings of some of them.
    """

    real: Path
    sets: Mapping[str, Path]
    source: Path | None = None
    truth: Path | None = None
    runs: Mapping[str, Path] = field(default_factory=dict)
    extractor: str = AUTO
    weights: Path | None = None
    lpips: str = "alex"
    cache_dir: Path | None = None
    seed: int = 0
    command: str = ""

    def references(self) -> Iterator[tuple[str, Path]]:
        """Yield the folders whose pictures belong to those of the sets by name."""
        for flag, folder in (("source", self.source), ("truth", self.truth)):
            if folder is not None:
                yield flag, folder

    def check(self) -> None:
        """Pass if all that is named is there and what is said of models can be; no picture is read.

        Raises:
            UserError: it is not; one sentence with the way out.
        """
        require_sets(self.sets)
        find_files("real", self.real, paired=False)
        for flag, folder in (*self.references(), *(("sets", f) for f in self.sets.values())):
            find_files(flag, folder)
        for folder in self.sets.values():
            read_model(folder)
        for name, run in self.runs.items():
            if name not in self.sets:
                raise UserError(
                    f"--run {name}={run}: --sets has no {name!r}; give it the same name."
                )
            open_run(run)
