"""From files that were sent to files that are shown: blended pictures, and a batch as a zip."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from recyclegan.serving.models import ServedModel, Translations
from recyclegan.serving.uploads import Limits, Refused, read_upload

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Shown:
    """A picture before and after, as files; None where a model has no such direction."""

    before: Path
    after: Path | None


@dataclass
class Results:
    """Translates uploads into files below `folder`, and names each file in `made`."""

    models: Sequence[ServedModel]
    limits: Limits
    folder: Path
    translations: Translations = field(default_factory=Translations)
    made: set[str] = field(default_factory=set)
    """Files to delete after a while; whoever shows them keeps the time."""

    def show(self, path: Path, way: str, strength: float) -> list[Shown]:
        """Return a picture by each model; `strength` blends from the picture (0) to all (1).

        Raises:
            Refused: the file is none that is translated.
        """
        upload = read_upload(path, self.limits)
        folder = self._folder()
        before = self._save(upload.picture, folder / f"{upload.name}.jpg")
        shown = []
        for number, model in enumerate(self.models):
            if way not in model.ways:
                shown.append(Shown(before, None))
                continue
            after = self._blended(model, way, path, strength)
            place = folder / str(number) / f"{upload.name}-{_ending(way)}.png"
            shown.append(Shown(before, self._save(after, place)))
        return shown

    def zip_of(
        self,
        paths: Sequence[Path],
        model_name: str,
        way: str,
        strength: float,
        on_progress: OnProgress,
    ) -> tuple[Path | None, list[str]]:
        """Return a zip of all translations by one model, and a sentence for each that failed.

        Raises:
            Refused: there are too many files, or the model has no such direction.
        """
        if len(paths) > self.limits.num_files:
            raise Refused(
                f"{len(paths)} files are too many; send up to {self.limits.num_files} at a time."
            )
        model = next((model for model in self.models if model.name == model_name), None)
        if model is None or way not in model.ways:
            raise Refused(f"{model_name} does not translate {way}; choose another.")
        target, failed, names = self._folder() / f"{_ending(way)}.zip", [], set[str]()
        # PNG files do not get smaller in a zip.
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for done, path in enumerate(paths):
                on_progress(done, len(paths))
                try:
                    picture = self._blended(model, way, path, strength)
                except Refused as error:
                    failed.append(str(error))
                    continue
                name = _free(path.stem, names)
                with archive.open(f"{name}.png", "w") as file:
                    picture.save(file, "PNG", compress_level=3)
        self.made.add(str(target))
        return (target if names else None), failed

    def _blended(self, model: ServedModel, way: str, path: Path, strength: float) -> Image.Image:
        upload = read_upload(path, self.limits)
        translated = self.translations.translate(model, way, upload)
        return Image.blend(upload.picture, translated, min(1.0, max(0.0, strength)))

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def _save(self, picture: Image.Image, place: Path) -> Path:
        place.parent.mkdir(exist_ok=True)
        if place.suffix == ".jpg":
            picture.save(place, quality=95, subsampling=0)
        else:
            picture.save(place, compress_level=1)
        self.made.add(str(place))
        return place


def _ending(way: str) -> str:
    """Return the kind that a direction leads to, fit for a file's name."""
    target = way.split(" → ")[-1]
    return "".join(letter if letter.isalnum() else "-" for letter in target) or "translated"


def _free(stem: str, taken: set[str]) -> str:
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name)
    return name
