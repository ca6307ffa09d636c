"""The models that a page offers, and what they have translated lately."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from PIL import Image

from recyclegan.errors import UserError
from recyclegan.serving.uploads import Upload
from recyclegan.sharing.facts import Facts, facts_of
from recyclegan.translation.protocol import Translator
from recyclegan.translation.translator import load_translator

MAX_MODELS = 8
"""More do not stand side by side."""

KEPT = 400 * 1_000_000
"""Bytes of translations that are kept, so that another strength costs no pass of a network."""

_PARTS = frozenset(("checkpoints", "best", "last", "generators.safetensors"))


@dataclass(frozen=True)
class ServedModel:
    """A model by the name that the page gives it; `ways` are its directions: {"day → night": …}."""

    name: str
    facts: Facts
    ways: Mapping[str, Translator]


def load_models(words: Sequence[str], device: str) -> list[ServedModel]:
    """Return the models of words like MODEL or NAME=MODEL, ready to translate.

    Raises:
        UserError: too many, a name twice, or no model there.
    """
    if len(words) > MAX_MODELS:
        raise UserError(f"{len(words)} models are too many; up to {MAX_MODELS} stand side by side.")
    places: dict[str, str] = {}
    for word in words:
        name, place = _named(word)
        if name in places:
            raise UserError(f"Two models are called {name!r}; name them: NAME=MODEL.")
        places[name] = place
    return [_load(name, place, device) for name, place in places.items()]


def all_ways(models: Sequence[ServedModel]) -> list[str]:
    """Return the names of all directions that a model has, each once."""
    return list(dict.fromkeys(way for model in models for way in model.ways))


class Translations:
    """What was translated lately: the same picture, model and direction is computed once."""

    def __init__(self, num_bytes: int = KEPT) -> None:
        self._limit, self._size = num_bytes, 0
        self._kept: OrderedDict[tuple[str, str, str], Image.Image] = OrderedDict()
        self._lock, self._computing = Lock(), Lock()
        self.num_computed = 0
        """Passes of a network."""

    def translate(self, model: ServedModel, way: str, upload: Upload) -> Image.Image:
        """Return a picture's translation at full strength; one is computed at a time."""
        key = (model.name, way, upload.sha256)
        with self._computing:
            return self._found(key) or self._computed(key, model.ways[way], upload.picture)

    def _found(self, key: tuple[str, str, str]) -> Image.Image | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _computed(
        self,
        key: tuple[str, str, str],
        translator: Callable[[Image.Image], Image.Image],
        picture: Image.Image,
    ) -> Image.Image:
        translated = translator(picture)
        with self._lock:
            self.num_computed += 1
            self._kept[key] = translated
            self._size += _num_bytes(translated)
            while self._size > self._limit and len(self._kept) > 1:
                self._size -= _num_bytes(self._kept.popitem(last=False)[1])
        return translated


def _num_bytes(picture: Image.Image) -> int:
    return picture.width * picture.height * 3


def _named(word: str) -> tuple[str, str]:
    name, equals, place = word.partition("=")
    if equals and name and place and "/" not in name:
        return name, place
    parts = [part for part in Path(word).absolute().parts if part not in _PARTS]
    return parts[-1].removesuffix(".safetensors"), word


def _load(name: str, place: str, device: str) -> ServedModel:
    if Path(place).suffix == ".pkl":
        raise UserError(f"{place} is CycleGAN-turbo's, which `recyclegan translate` alone takes.")
    facts = facts_of(place)
    ways = {
        facts.named(direction): load_translator(place, direction, device=device)
        for direction in facts.directions
    }
    return ServedModel(name, facts, ways)
