"""The study's table: exact parameter counts, and every variant as its differences alone."""

import dataclasses
import json

import pytest

from recyclegan.cli.main import main
from recyclegan.cli.variants import describe_variant
from recyclegan.config.plain import differences, flatten, from_plain, to_plain
from recyclegan.errors import UserError
from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.registry import VARIANTS, get_variant

PARAMETERS = {
    "cyclegan": (11_378_179, 2_764_737),
    "case-1": (1_669_891, 694_241),
    "case-2": (1_669_891, 694_241),
    "case-3": (1_669_891, 694_241),
    "case-4": (1_669_891, 694_241),
    "case-5": (1_669_891, 694_241),
    "case-6": (1_676_413, 694_241),
    "case-7": (1_669_891, 776_482),
    "case-8": (1_669_891, 694_241),
    "case-9": (1_676_413, 776_482),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_counts_are_the_studys(name):
    row = describe_variant(VARIANTS[name])
    assert (row["generator_parameters"], row["discriminator_parameters"]) == PARAMETERS[name]


def test_recyclegan_is_small():
    assert describe_variant(VARIANTS["recyclegan"])["generator_parameters"] <= 1_700_000


def test_json_lists_every_variant(capsys):
    assert main(["variants", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(VARIANTS)
    keys = {
        "name",
        "description",
        "generator_parameters",
        "discriminator_parameters",
        "differences",
    }
    assert all(set(row) == keys for row in rows)


def test_table_shows_whole_numbers(capsys):
    assert main(["variants"]) == 0
    out = capsys.readouterr().out
    assert "11,378,179" in out and "2,764,737" in out and "1,676,413" in out


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS)
def test_differences_rebuild_the_variant(config):
    """Each variant is the baseline with its differences and nothing else."""
    values = flatten(to_plain(BASELINE)) | differences(config, BASELINE)
    assert values | {"variant": "", "description": ""} == flatten(to_plain(config)) | {
        "variant": "",
        "description": "",
    }


def test_case_differences_are_the_tables():
    assert differences(VARIANTS["case-4"], BASELINE) == {
        "losses.adversarial": "lsgan",
        "train.precision": "amp",
    }
    assert differences(VARIANTS["case-8"], BASELINE) == {
        "losses.path_length": 5.0,
        "train.precision": "amp",
    }


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS)
def test_config_survives_json(config):
    assert from_plain(json.loads(json.dumps(to_plain(config))), "config.json") == config


def test_variants_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        BASELINE.seed = 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [("case4", "case-4"), ("cycle-gan", "cyclegan"), ("zzz", "recyclegan variants")],
)
def test_unknown_variant_names_the_nearest(name, hint):
    with pytest.raises(UserError, match=hint):
        get_variant(name)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("size", 30, "--images.size 30"),
        ("size", 8, "--images.size 8"),
        ("load_scale", 0.5, "--images.load-scale 0.5"),
        ("test_fraction", 1.0, "--images.test-fraction 1.0"),
    ],
)
def test_a_value_out_of_range_names_its_flag(field, value, said):
    with pytest.raises(UserError, match=said):
        dataclasses.replace(BASELINE.images, **{field: value})


def test_unknown_field_in_a_config_file_is_refused():
    values = to_plain(BASELINE)
    values["losses"] = values["losses"] | {"cycel": 1.0}
    with pytest.raises(UserError, match="cycel"):
        from_plain(values, "config.json")


def test_a_configuration_of_before_a_field_was_added_is_still_read():
    values = to_plain(BASELINE)
    del values["train"]["extractor"]
    assert from_plain(values, "config.json").train.extractor == "none"
    del values["train"]["epochs"]
    with pytest.raises(UserError, match="epochs is missing"):
        from_plain(values, "config.json")
