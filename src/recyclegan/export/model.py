"""The model that is exported: its generators, and what goes into the file about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from recyclegan.atomic import sha256
from recyclegan.checkpoint.adapter import read_model
from recyclegan.checkpoint.find import find_generators
from recyclegan.checkpoint.generators import GeneratorInfo, weights_of
from recyclegan.errors import UserError
from recyclegan.export.any_size import SMALLEST_STAGE
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.turbo.base import is_turbo

PACKAGES = ("onnx", "onnxruntime", "onnxscript")

PREFIX = "recyclegan."
"""Before each key of the metadata of an exported file."""


@dataclass(frozen=True)
class Model:
    """A model in one direction."""

    generator: ResNetGenerator
    info: GeneratorInfo
    direction: str
    path: Path

    @property
    def kinds(self) -> tuple[str, str]:
        """Return the names of the pictures that it takes and makes."""
        source, target = self.direction.split("2")
        return self.info.domains[source], self.info.domains[target]

    def metadata(self, precision: str) -> dict[str, str]:
        """Return what an exported file says of itself."""
        source, target = self.kinds
        values = {
            "version": version("recyclegan"),
            "variant": self.info.variant,
            "step": str(self.info.step),
            "direction": self.direction,
            "source": source,
            "target": target,
            "generators_sha256": sha256(self.path),
            "precision": precision,
            "layout": "NCHW",
            "channels": "RGB",
            "range": "-1 to 1: grey level / 127.5 - 1",
            "sizes": "any",
            "size_multiple": str(self.generator.size_multiple),
            "smallest_side": str(SMALLEST_STAGE * self.generator.size_multiple),
            "training_side": str(self.info.size),
        }
        return {f"{PREFIX}{key}": value for key, value in values.items()}


def require_packages() -> None:
    """Pass if what writes and runs ONNX is installed.

    Raises:
        UserError: names what is missing, and the command that installs it.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(
            f"Exporting needs {' and '.join(missing)}: pip install 'recyclegan[export]'."
        )


def read_directions(model: Path, base: str | None = None) -> tuple[Model, ...]:
    """Return a model's directions, each with its generator.

    Raises:
        UserError: there is no model at that path, it is damaged, or it is CycleGAN-turbo's.
    """
    if is_turbo(model):
        raise UserError(
            f"{model} is CycleGAN-turbo, which adapts a model of 1.3 billion weights and is not "
            "exported; translate with it, or export a model trained by `recyclegan train`."
        )
    path = find_generators(model)
    tensors, info = read_model(path, base)
    return tuple(
        Model(_generator(tensors, info, direction, path), info, direction, path)
        for direction in info.directions
    )


def choose_direction(directions: tuple[Model, ...], wanted: str | None) -> Model:
    """Return the direction of a name, or the only one.

    Raises:
        UserError: there is none of that name, or more than one and no name.
    """
    found = [one for one in directions if wanted in (None, one.direction)]
    if len(found) == 1:
        return found[0]
    have = " and ".join(f"{one.direction} ({' → '.join(one.kinds)})" for one in directions)
    lacks = f"has no direction {wanted}" if wanted else "has two directions, and a file holds one"
    raise UserError(f"{directions[0].path} {lacks}; name with --direction what it has: {have}.")


def _generator(
    tensors: dict[str, Tensor], info: GeneratorInfo, direction: str, path: Path
) -> ResNetGenerator:
    generator = ResNetGenerator(**asdict(info.generator))
    try:
        generator.load_state_dict(weights_of(tensors, direction))
    except RuntimeError:
        raise UserError(
            f"The weights in {path} do not fit the generator that it describes: it is damaged."
        ) from None
    return generator.eval().requires_grad_(False)
