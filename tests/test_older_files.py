"""What earlier versions wrote is read as what it was: fields that came later are filled in."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save

from recyclegan import load_translator
from recyclegan.checkpoint.generators import KEY, read_generators
from recyclegan.config.plain import ADDED, from_plain, to_plain
from recyclegan.errors import UserError
from recyclegan.networks.resampling import downsampling
from recyclegan.variants.registry import VARIANTS
from tests.test_translation import noise, write_model


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_older_configuration_has_what_training_did_then(variant):
    values = to_plain(VARIANTS[variant])
    for part, fields in ADDED.items():
        for field in fields:
            del values[part][field]
    del values["translator"]
    config = from_plain(values, "config.json")
    assert config.translator == "cyclegan"
    assert {
        part: {f: getattr(getattr(config, part), f) for f in ADDED[part]} for part in ADDED
    } == (ADDED)
    del values["generator"]["blocks"]
    with pytest.raises(UserError, match=r"generator\.blocks is missing"):
        from_plain(values, "config.json")


def test_an_older_generators_file_translates_as_it_did(tmp_path):
    """Its convolutions mirrored the border, also those of `cyclegan`."""
    path = write_model(tmp_path / "generators.safetensors", "case-1")
    before = load_translator(path)(noise(40, 30))
    content = json.loads(_metadata(path))
    del content["info"]["generator"]["downsampling_padding"]
    path.write_bytes(save(load_file(path), {KEY: json.dumps(content)}))
    assert read_generators(path)[1].generator.downsampling_padding == "reflect"
    assert load_translator(path)(noise(40, 30)).tobytes() == before.tobytes()


def test_the_border_is_padded_as_the_configuration_says():
    given = torch.ones(1, 3, 8, 8)
    results = {}
    for padding in ("reflect", "zeros"):
        torch.manual_seed(0)
        results[padding] = downsampling(3, 4, padding)[0](given)
    inner = [result[..., 1:, 1:] for result in results.values()]
    torch.testing.assert_close(*inner, rtol=0, atol=1e-6)
    assert (results["reflect"][..., 0, :] - results["zeros"][..., 0, :]).abs().min() > 1e-3
    assert results["reflect"].std(dim=(2, 3)).max() < 1e-6


def _metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()[KEY]
