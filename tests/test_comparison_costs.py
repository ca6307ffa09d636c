"""What a set cost: from its folder, its translation or its run, with where each is from."""

import json
from dataclasses import asdict

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from recyclegan.cli.main import main
from recyclegan.comparison.comparing import compare
from recyclegan.comparison.request import Request
from recyclegan.comparison.tables import escape, latex_table
from recyclegan.networks.attention import make_differentiable_twice
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.networks.size import num_multiply_adds
from recyclegan.runs.events import EventLog
from recyclegan.runs.run_dir import RunDir, RunRecord, write_record
from recyclegan.translation.cost import generator_cost
from recyclegan.variants.registry import VARIANTS
from tests.comparison_sets import CHANGES, draw_folders
from tests.test_translation import write_model

# Computed by hand, layer by layer: kernel area x channels in x channels out x positions.
MULTIPLY_ADDS = {"cyclegan": 49_551_507_456, "case-1": 7_864_320_000}


@pytest.mark.parametrize("variant", MULTIPLY_ADDS)
def test_multiply_adds_are_those_of_the_layers(variant):
    cost = generator_cost(VARIANTS[variant].generator, (256, 256))
    assert cost["multiply_adds"] == MULTIPLY_ADDS[variant]
    assert cost["parameters"] == {"cyclegan": 11_378_179, "case-1": 1_669_891}[variant]
    # What the generator would pad is counted too, and twice the area costs twice as much.
    wide = generator_cost(VARIANTS[variant].generator, (511, 255))
    assert wide["multiply_adds"] == 2 * MULTIPLY_ADDS[variant]


@pytest.mark.parametrize("variant", VARIANTS)
def test_multiply_adds_are_those_that_torch_counts(variant):
    """Of every layer, also of skips and of attention on maps that its pooling does not divide."""
    with torch.device("meta"):
        generator = ResNetGenerator(**asdict(VARIANTS[variant].generator))
        make_differentiable_twice(generator)  # Else zeros that fill query and key up are counted.
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            generator(torch.empty(1, 3, 88, 72))
    assert num_multiply_adds(generator, 88, 72) == counter.get_total_flops() // 2


def test_translate_writes_down_what_it_cost_and_keeps_it(tmp_path):
    root = draw_folders(tmp_path)
    model = write_model(tmp_path / "generators.safetensors", "case-4")
    words = ["translate", str(model), str(root / "source"), str(tmp_path / "out")]
    assert main([*words, "--direction", "a2b"]) == 0
    record = json.loads((tmp_path / "out" / "translation.json").read_text())
    config = VARIANTS["case-4"].generator
    assert record["parameters"] == sum(
        values.numel() for values in ResNetGenerator(**asdict(config)).parameters()
    )
    assert record["multiply_adds"] == generator_cost(config, (48, 40))["multiply_adds"]
    assert 0 < record["seconds_per_image"] < 30 and record["cost_of"] == "a picture of 48x40"
    assert record["device"] == f"cpu, {torch.get_num_threads()} threads"
    assert main([*words, "--direction", "a2b"]) == 0
    again = json.loads((tmp_path / "out" / "translation.json").read_text())
    assert again["translated"] == 0
    assert again["seconds_per_image"] == record["seconds_per_image"]


def write_run(path, variant):
    """The files of a run that the comparison reads."""
    path.mkdir()
    run = RunDir(path)
    write_record(run, RunRecord(VARIANTS[variant], [], {"a": "day", "b": "night"}))
    EventLog(run.metrics_path).append("evaluation", 5, swd_a2b=0.5)
    return path


def test_costs_and_curves_reach_the_record_and_the_table(tmp_path):
    root = draw_folders(tmp_path)
    outside = {"parameters": 10, "seconds_per_image": 0.5, "made": "elsewhere"}
    (root / "middle" / "model.json").write_text(json.dumps(outside))
    request = Request(
        root / "real", {name: root / name for name in CHANGES}, extractor="luminance",
        runs={"near": write_run(tmp_path / "run", "case-4")},
    )  # fmt: skip
    comparison = compare(request, tmp_path / "out")
    costs = {entry["name"]: entry["cost"] for entry in comparison["sets"]}
    assert costs["far"] is None and costs["real"] is None
    assert costs["middle"]["parameters"] == 10 and costs["middle"]["multiply_adds"] is None
    assert costs["middle"]["source"] == dict.fromkeys(
        ("parameters", "seconds_per_image"), "model.json"
    )
    assert costs["near"]["multiply_adds"] > 1e6 and costs["near"]["seconds_per_image"] is None
    assert "48x40" in costs["near"]["source"]["multiply_adds"]
    assert comparison["curves"] == {"near": [{"event": "evaluation", "step": 5, "swd_a2b": 0.5}]}
    assert "Multiply-adds & s/image" in latex_table(comparison)


NONSENSE = {
    "many": ('{"parameters": "many"}', r'parameters is "many"; it must be a whole number'),
    "negative": ('{"multiply_adds": -1}', "multiply_adds is -1"),
    "half a parameter": ('{"parameters": 10.5}', "parameters is 10.5"),
    "no number": ('{"seconds_per_image": NaN}', "seconds_per_image is NaN; it must be a number"),
    "without end": ('{"parameters": 1e999}', "parameters is Infinity"),
    "no time": ('{"seconds_per_image": 0}', "must be a number above 0"),
    "a truth": ('{"parameters": true}', "parameters is true"),
    "nothing known": ('{"name": "turbo"}', "has none of parameters, multiply_adds, seconds_per_"),
    "how without what": ('{"device": "H100"}', "has none of parameters"),
    "a slip": ('{"parameter": 10, "multiply_adds": 5}', "did you mean 'parameters'"),
    "a list": ("[1, 2]", "is no JSON object"),
    "damaged": ('{"parameters": 1', "is no JSON object"),
    "not text": (b"\xff\xfe\x00", "is no JSON object"),
    "deep": ("[" * 200_000, "is no JSON object"),
    "a number for a device": ('{"parameters": 1, "device": 0}', "device is 0; it must be a text"),
}


@pytest.mark.parametrize(("content", "complaint"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_before_a_picture_is_read(content, complaint, tmp_path, capsys):
    root = draw_folders(tmp_path)
    for picture in (root / "real").iterdir():
        picture.write_bytes(b"no picture")
    given = content if isinstance(content, bytes) else content.encode()
    (root / "far" / "model.json").write_bytes(given)
    sets = [f"{name}={root / name}" for name in CHANGES]
    words = ["compare", "--real", str(root / "real"), "--sets", *sets, "--out", str(tmp_path / "o")]
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{root / 'far' / 'model.json'}" in line and complaint in line
    assert not (tmp_path / "o").exists()


def test_how_a_models_numbers_came_about_is_told_beside_them(tmp_path):
    root = draw_folders(tmp_path)
    told = {"seconds_per_image": 0.29, "cost_of": "a picture of 256x256", "device": "one A100"}
    (root / "far" / "model.json").write_text(json.dumps(told))
    request = Request(root / "real", {name: root / name for name in CHANGES}, extractor="luminance")
    costs = {one["name"]: one["cost"] for one in compare(request, tmp_path / "out")["sets"]}
    expected = "model.json: a picture of 256x256, one A100"
    assert costs["far"]["source"] == {"seconds_per_image": expected}


def test_names_are_escaped_for_latex():
    assert escape(r"a_b & 5% $x^2$ \n {~}") == (
        r"a\_b \& 5\% \$x\textasciicircum{}2\$ \textbackslash{}n \{\textasciitilde{}\}"
    )
