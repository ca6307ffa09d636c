"""Studies of real trainings, small ones: cut, failed, taken up, measured, shown."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from recyclegan.cli.main import main
from recyclegan.runs.events import EventLog

SMALL = """
name: tiny
data: {shapes: DATA}
reference: small
variants:
  - {name: small, variant: recyclegan}
  - {name: one-sided, variant: cut, set: {generator.blocks: 1, losses.nce-patches: 16}}
  - {name: taught, variant: recyclegan, set: {train.start-from: ROOT/model}}
budgets: [{steps: 2}]
set:
  images.size: 32
  generator.features: 8
  discriminator.features: 8
  train.device: cpu
  train.threads: 1
  train.log-steps: 1
  train.precision: fp32
  train.layout: contiguous
jobs: 3
extractor: none
"""


def lines(out):
    return {line["name"]: line for line in map(json.loads, (out / "results.jsonl").open())}


@pytest.fixture(scope="module")
def study(tiny_data, tmp_path_factory):
    """The file and folder of a study whose third variant starts from what the first will make."""
    root = tmp_path_factory.mktemp("study")
    out = root / "out"
    file = root / "tiny.yaml"
    file.write_text(SMALL.replace("DATA", str(tiny_data)).replace("ROOT", str(root)))
    status = main(["study", str(file), "--out", str(out)])
    first = lines(out)
    return file, out, status, first


def test_a_failed_training_is_a_line_and_stops_no_other(study):
    _, _, status, first = study
    assert status == 1
    assert {name: line["state"] for name, line in first.items()} == {
        "small": "done",
        "one-sided": "done",
        "taught": "failed",
    }
    assert first["taught"]["error"].startswith("There is no model at ")


def test_a_line_tells_what_was_trained_and_what_it_is_worth(study):
    line = study[3]["small"]
    assert line["steps"] == line["images"] == 2 and line["seconds"] > 0
    assert line["command"].startswith("recyclegan train recyclegan --data ")
    assert line["generator_parameters"] > line["discriminator_parameters"] > 0
    assert line["machine"]["threads"] == 1 and line["machine"]["jobs"] == 3
    assert set(line["directions"]) == {"a2b", "b2a"}
    assert line["directions"]["a2b"]["psnr"]["interval"] is not None
    assert len(json.dumps(line)) < 30_000


def test_a_one_sided_variant_is_measured_in_its_direction_alone(study):
    _, out, _, first = study
    assert set(first["one-sided"]["directions"]) == {"a2b"}
    tables = json.loads((out / "summary.json").read_text())["tables"]
    found = {
        table["direction"]: [row["name"] for row in table["rows"] if row["role"] == "variant"]
        for table in tables
    }
    assert found == {"a2b": ["small", "one-sided"], "b2a": ["small"]}


def test_what_costs_nothing_is_measured_once(study):
    rows = json.loads((study[1] / "baselines.json").read_text())["data"]["shapes"]
    assert set(rows) == {"a2b", "b2a"}
    assert set(rows["a2b"]) == {"identity", "colour_transfer"}
    assert rows["a2b"]["identity"]["structure"]["value"] == pytest.approx(1, abs=1e-6)


def test_missing_weights_are_told_before_a_training(study, tmp_path, no_network, capsys):
    pytest.importorskip("timm")
    file = tmp_path / "weightless.yaml"
    lite = study[0].read_text().replace("extractor: none", "extractor: tf_efficientnet_lite0")
    file.write_text(lite)
    assert main(["study", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "tf_efficientnet_lite0" in capsys.readouterr().err
    assert not (tmp_path / "out" / "runs").exists()


def test_the_same_call_makes_what_failed_and_nothing_twice(study, capsys):
    file, out, _, first = study
    shutil.copytree(out / "runs/shapes/2-steps/small-0/checkpoints/last", file.parent / "model")
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/*/[so]*/metrics.jsonl")}
    assert len(before) == 2
    assert main(["study", str(file), "--out", str(out)]) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    second = lines(out)
    assert second["taught"]["state"] == "done"
    assert [second[name] == first[name] for name in ("small", "one-sided")] == [True, True]
    said = capsys.readouterr().out
    assert "3 of 3 trainings are done" in said and ("than small" in said or "from small" in said)
    # Three sets are enough for a comparison, two are not.
    tables = json.loads((out / "summary.json").read_text())["tables"]
    assert (out / tables[0]["comparison"]["page"]).is_file()
    assert "3 to 50 sets" in tables[1]["comparison"]["none"]


def test_the_page_shows_variants_and_pictures_and_is_made_again_alone(study):
    file, out, _, _ = study
    (out / "report.html").unlink()
    before = (out / "results.jsonl").stat().st_mtime_ns
    assert main(["study", str(file), "--out", str(out), "--report"]) == 0
    page = (out / "report.html").read_text()
    assert (out / "results.jsonl").stat().st_mtime_ns == before
    assert "There is one training of each variant" in page
    assert page.count('<img src="data:image/png') >= 3 * 2 and "one-sided" in page


def test_results_of_another_training_are_not_taken_for_this_ones(study, tmp_path, capsys):
    file, out, _, _ = study
    other = tmp_path / "other.yaml"
    other.write_text(file.read_text().replace("generator.blocks: 1", "generator.blocks: 2"))
    assert main(["study", str(other), "--out", str(out)]) == 2
    assert "one-sided that was trained otherwise" in capsys.readouterr().err


def test_a_data_set_without_test_pictures_is_refused(tiny_data, study, tmp_path, capsys):
    data = tmp_path / "data"
    for part in ("trainA", "trainB"):
        (data / part).mkdir(parents=True)
        for picture in (tiny_data / part).iterdir():
            (data / part / picture.name).symlink_to(picture)
    file = tmp_path / "other.yaml"
    file.write_text(study[0].read_text().replace(str(tiny_data), str(data)))
    assert main(["study", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "data.shapes" in capsys.readouterr().err


def test_nothing_to_report_is_said(study, tmp_path, capsys):
    assert main(["study", str(study[0]), "--out", str(tmp_path), "--report"]) == 2
    assert "holds no result of tiny yet" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_study_that_is_ended_goes_on_where_it_was(number, tiny_data, tmp_path):
    """Ended in the middle of its second training, which is taken up; the first is not touched."""
    out, file = tmp_path / "out", tmp_path / "study.yaml"
    text = SMALL.replace("DATA", str(tiny_data)).replace("steps: 2", "steps: 60")
    kept = [line for line in text.splitlines() if "name: taught" not in line]
    file.write_text("\n".join(kept).replace("jobs: 3", "jobs: 1"))
    words = [sys.executable, "-m", "recyclegan", "study", str(file), "--out", str(out)]
    process = subprocess.Popen(words, env=os.environ, stderr=subprocess.PIPE, text=True)
    second = out / "runs" / "shapes" / "60-steps" / "one-sided-0"
    while not any(event["step"] > 5 for event in EventLog(second / "metrics.jsonl").read()):
        assert process.poll() is None
        time.sleep(0.05)
    first = out / "runs" / "shapes" / "60-steps" / "small-0" / "metrics.jsonl"
    before = first.stat().st_mtime_ns
    process.send_signal(number)
    assert process.wait() == 1
    assert "the same command goes on" in process.stderr.read()
    assert set(lines(out)) == {"small"}
    assert main(words[3:]) == 0
    assert first.stat().st_mtime_ns == before
    steps = [e["step"] for e in EventLog(second / "metrics.jsonl").read() if e["event"] == "train"]
    assert steps == list(range(1, 61))
    assert lines(out)["one-sided"]["machine"]["sittings"] == 2
