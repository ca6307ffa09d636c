"""All pictures of a comparison, each read once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recyclegan.comparison.request import Request
from recyclegan.comparison.sets import REAL, ComparedSet, read_folder
from recyclegan.data.manifest import BadFile
from recyclegan.data.stages import Stage
from recyclegan.evaluation.baselines import baselines_of, colours_of, make_baseline
from recyclegan.evaluation.sets import PictureSet
from recyclegan.translation.record import common_domains

BASELINES_DIR = "baselines"


@dataclass(frozen=True)
class Material:
    """The real pictures, the sets, the baselines, and what belongs to them by name."""

    real: ComparedSet
    sets: tuple[ComparedSet, ...]
    baselines: tuple[ComparedSet, ...]
    references: Mapping[str, PictureSet]
    """By flag, `source` and `truth` as far as they were given."""

    @property
    def judged(self) -> tuple[ComparedSet, ...]:
        """All that is measured: sets, then baselines."""
        return (*self.sets, *self.baselines)

    @property
    def by_name(self) -> dict[str, PictureSet]:
        """The pictures of all that is measured."""
        return {one.name: one.pictures for one in self.judged}

    @property
    def bad(self) -> Iterator[BadFile]:
        """The files that could not be read."""
        read = (self.real.pictures, *self.by_name.values(), *self.references.values())
        return (file for pictures in read for file in pictures.bad)


def read_material(request: Request, out_dir: Path, stage: Stage) -> Material:
    """Read all folders, and make the baselines where there is a source, below `out_dir`.

    Raises:
        UserError: a folder has fewer than two pictures that can be read.
    """
    with stage("Reading real") as on_progress:
        real = read_folder("real", REAL, "real", request.real, on_progress)
    sets = []
    for name, folder in request.sets.items():
        with stage(f"Reading {name}") as on_progress:
            sets.append(read_folder("sets", name, "set", folder, on_progress))
    references = {}
    for flag, folder in request.references():
        with stage(f"Reading {flag}") as on_progress:
            references[flag] = read_folder(flag, flag, "real", folder, on_progress).pictures
    names = {name for one in sets for name in one.pictures.names}
    source = references["source"].only(names) if "source" in references else None
    if not source:
        return Material(real, tuple(sets), (), references)
    # An earlier comparison may have left more pictures there.
    shutil.rmtree(out_dir / BASELINES_DIR, ignore_errors=True)
    with stage("Baselines") as on_progress:
        colours = colours_of(real.pictures)
        baselines = []
        domains = common_domains(one.record for one in sets)
        chosen = baselines_of(domains[0] if domains else None)
        for done, name in enumerate(chosen, 1):
            made = make_baseline(name, source, colours, out_dir / BASELINES_DIR / name)
            baselines.append(ComparedSet(name, "baseline", made, {}))
            on_progress(done, len(chosen))
    return Material(real, tuple(sets), tuple(baselines), references)
