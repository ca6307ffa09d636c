"""A configuration as plain JSON values, back again, and the difference of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from recyclegan.config.checked import describe
from recyclegan.config.schema import Config
from recyclegan.errors import UserError

ADDED: dict[str, dict[str, Any]] = {
    "generator": {
        "downsampling_padding": "reflect",
        "antialias": False,
        "finest_skip": 2,
        "affine_norms": False,
        "statistics": "none",
        "toned": False,
        "head_scale": 1,
        "colour_pace": 1.0,
        "grid": 0,
        "colour_matrix": False,
        "paint": False,
    },
    "discriminator": {"norm": "instance", "antialias": False, "scales": 1, "pooled": False},
    "optimizer": {"accumulate": 1},
    "losses": {
        "gradient_penalty": 0.0,
        "gradient_penalty_interval": 16,
        "cycle_final": None,
        "cycle_low_pass": 1,
        "jacobian_clamp": 0.0,
        "jacobian_clamp_interval": 4,
        "jacobian_least": 0.5,
        "jacobian_most": 5.0,
        "nce": 0.0,
        "nce_identity": 0.0,
        "nce_flip": False,
        "nce_patches": 256,
        "nce_temperature": 0.07,
        "perceptual_cycle": 0.0,
        "perceptual_cycle_layers": ("relu1_2", "relu2_2", "relu3_2", "relu4_2"),
        "content": 0.0,
        "content_layers": ("relu4_2", "relu5_2"),
        "perceptual_network": "vgg19",
        "perceptual_interval": 1,
    },
    "images": {"half_until": 0.0},
    "train": {
        "layout": "contiguous",
        "compile": False,
        "extractor": "none",
        "track": (),
        "track_artifacts": (),
        "start_from": None,
        "start_sha256": None,
        "tune": "full",
        "lora_rank": 4,
    },
}
ADDED_ABOVE = {"translator": "cyclegan"}
"""Fields that came later, in the parts and above them, with what a training did before there were
any: older runs go on."""


def to_plain(config: Config) -> dict[str, Any]:
    """Return a configuration as nested plain values that JSON can hold."""
    return asdict(config)


def from_plain(values: Mapping[str, Any], source: str) -> Config:
    """Build a configuration from plain values read from `source`, which may be of before `ADDED`.

    Raises:
        UserError: a field is missing, unknown or out of its range; names the field and the source.
    """
    try:
        return TypeAdapter(Config).validate_python(ADDED_ABOVE | completed(values))
    except ValidationError as error:
        raise UserError(f"{source}: {describe(error)}") from None


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with the fields of `ADDED` filled in, in the parts that there are."""
    complete = dict(values)
    for part, fields in ADDED.items():
        if isinstance(complete.get(part), Mapping):
            complete[part] = {**fields, **complete[part]}
    return complete


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values as one level with dotted names: `{"losses.cycle": 10.0, ...}`."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def differences(config: Config, baseline: Config) -> dict[str, Any]:
    """Return the fields in which a configuration departs from the baseline, by dotted name.

    The name and the description are no differences.
    """
    ours, theirs = flatten(to_plain(config)), flatten(to_plain(baseline))
    labels = ("variant", "description")
    return {key: ours[key] for key in ours if key not in labels and ours[key] != theirs[key]}


def with_changes(config: Config, changes: Mapping[str, Any], source: str) -> Config:
    """Return a configuration with fields of its parts changed, by dotted name; - stands for _ too.

    Raises:
        UserError: there is no such field, or a value does not fit; names the field and the source.
    """
    values = to_plain(config)
    known = [name for name in flatten(values) if "." in name]
    for key, value in changes.items():
        name = str(key).replace("-", "_")
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists the fields."
            raise UserError(f"{source}: there is no field {key} to set; {hint}")
        part, _, field = name.partition(".")
        values[part][field] = value
    return from_plain(values, source)
