"""The data sets of a study: scenes that are rendered once, and the test pictures of each."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from recyclegan.data.finding import find_domains
from recyclegan.data.layouts import DomainFiles, read_unsplit
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.data.stages import Stage, unseen
from recyclegan.errors import UserError
from recyclegan.evaluation.sets import PictureSet, find_files, read_set
from recyclegan.study.file import Data, Scenes

DOMAINS = {"a": "A", "b": "B"}


@dataclass(frozen=True)
class TestPictures:
    """The folder to train on, and below `folder` links to the test pictures and their truth."""

    __test__ = False

    data: Path
    folder: Path
    domains: Mapping[str, str]

    def source(self, direction: str) -> Path:
        """Return the folder of what a direction translates."""
        return self.folder / f"test{direction[0].upper()}"

    def real(self, direction: str) -> Path:
        """Return the folder of real pictures of what it translates to."""
        return self.folder / f"test{direction[2].upper()}"

    def truth(self, direction: str) -> Path | None:
        """Return the folder of true translations, None where the data set has none."""
        folder = self.folder / f"truth{direction[0].upper()}"
        return folder if folder.is_dir() else None

    def words(self, direction: str) -> str:
        """Return "day → night"."""
        return f"{self.domains[direction[0]]} → {self.domains[direction[2]]}"

    def read(self, direction: str) -> dict[str, PictureSet]:
        """Return the sets `real`, `source` and, where there is one, `truth`."""
        folders = {"real": self.real(direction), "source": self.source(direction)}
        truth = self.truth(direction)
        if truth:
            folders["truth"] = truth
        return {
            flag: read_set(folder, find_files(flag, folder)) for flag, folder in folders.items()
        }


def prepare(name: str, data: Data, out: Path, *, stage: Stage = unseen) -> TestPictures:
    """Render a data set where it is scenes that are not there yet, and link its test pictures.

    Raises:
        UserError: it has no test pictures of its own, or `out` holds other scenes.
    """
    folder = Path(data.folder) if data.folder else out / "data" / name
    if data.scenes:
        _render(name, data.scenes, folder, stage)
    if any(found.test is None for found in find_domains([folder])[:2]):
        raise UserError(
            f"data.{name}: {folder} has no test pictures of its own, and a split by seed would "
            "give each training other ones; make one with `recyclegan data prepare`."
        )
    found = read_unsplit([folder])
    domains = {"a": found.a, "b": found.b}
    links = out / "pictures" / name
    shutil.rmtree(links, ignore_errors=True)
    for letter, domain in domains.items():
        _link(domain, links, DOMAINS[letter])
    names = {letter: domain.name for letter, domain in domains.items()}
    return TestPictures(folder, links, names)


def _render(name: str, scenes: Scenes, folder: Path, stage: Stage) -> None:
    wanted = asdict(scenes)
    if folder.exists():
        held = json.loads((folder / "scenes.json").read_text())
        if any(held.get(key) != value for key, value in wanted.items()):
            raise UserError(
                f"{folder} holds other scenes than data.{name} asks for; name another --out, or "
                "another name in the file."
            )
        return
    with stage(f"Rendering {name}") as on_progress:
        write_scenes(folder, **wanted, on_progress=on_progress)


def _link(domain: DomainFiles, links: Path, letter: str) -> None:
    """Link the test pictures of a domain, and what is known of their truth, under their names."""
    for path in domain.test:
        below = path.relative_to(domain.test_dir)
        pairs = [(links / f"test{letter}" / below, path)]
        if path in domain.truth:
            true = domain.truth[path]
            pairs.append((links / f"truth{letter}" / below.with_suffix(true.suffix), true))
        for link, target in pairs:
            link.parent.mkdir(parents=True, exist_ok=True)
            _point(link, target.resolve())


def _point(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target)
    except (OSError, NotImplementedError):
        os.link(target, link)
