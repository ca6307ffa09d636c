"""From a run and its translations to figures and a page that say what was measured."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from recyclegan.checkpoint.pointer import point
from recyclegan.cli.main import main
from recyclegan.cli.run_report import report_on_run
from recyclegan.errors import UserError
from recyclegan.runs.events import EventLog
from recyclegan.runs.lock import locked
from recyclegan.runs.provenance import record_sitting
from recyclegan.runs.run_dir import RunDir, RunRecord, create_run
from recyclegan.variants.baseline import BASELINE
from tests.small_run import FAST


@pytest.fixture
def run(tmp_path: Path, tiny_data: Path) -> RunDir:
    """A finished run that went from 12 dB at step 10 down to 11.5 dB at step 20."""
    config = replace(BASELINE, generator=replace(BASELINE.generator, features=4, blocks=1))
    record = RunRecord(config, [tiny_data], {"a": "bright", "b": "dim"})
    run = RunDir(tmp_path / "run")
    with locked(run):
        create_run(run, record, overwrite=False)
    log = EventLog(run.metrics_path)
    for step, psnr in ((10, 12.0), (20, 11.5)):
        log.append("train", step, time={"elapsed": 6.0 * step})
        log.append("evaluation", step, psnr_a2b=psnr, psnr_b2a=psnr + 1)
        (run.checkpoints_dir / f"step-{step:08d}").mkdir()
    point(run.checkpoints_dir / "best", "step-00000010")
    point(run.checkpoints_dir / "last", "step-00000020")
    record_sitting(
        run,
        step=0,
        seed=0,
        device="cpu",
        precision="fp32",
        threads=1,
        processes=1,
        data_digest="d1ge57",
        weights_sha256={},
    )
    return run


def translations(run: RunDir, data: Path, step: int, *, model: str = "5ha") -> dict[str, Path]:
    """Translations that leave every picture as it was."""
    folders = {}
    for direction, test in (("a2b", "testA"), ("b2a", "testB")):
        folder = folders[direction] = run.path.parent / direction
        shutil.copytree(data / test, folder)
        maker = {"variant": "case-1", "step": step, "direction": direction, "from": "x", "to": "y"}
        (folder / "translation.json").write_text(json.dumps(maker | {"model_sha256": model}))
    return folders


def test_figures_and_page_say_what_was_measured(run, tiny_data):
    page = run.path.parent / "report.html"
    verdicts = report_on_run(run.path, [tiny_data], translations(run, tiny_data, 20), page)
    assert [verdict.split(":")[0] for verdict in verdicts] == ["bright", "dim"]
    evaluation = json.loads((run.path / "evaluations" / "b2a.json").read_text())
    assert evaluation["metrics"]["psnr"]["recipe"]["measured"] == {
        "model_sha256": "5ha",
        "variant": "case-1",
        "step": 20,
        "direction": "b2a",
        "from": "x",
        "to": "y",
        "split": "test",
        "data_digest": "d1ge57",
        "num_target_train": 5,
    }
    html = page.read_text()
    assert "&#34;model_sha256&#34;: &#34;5ha&#34;" in html
    assert "step-00000020" in html and "step 20" in html


def test_pictures_in_sub_folders_meet_their_own_translation_and_truth(run, tiny_data, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(tiny_data, data)
    for folder in ("testA", "truthA"):
        (data / folder / "cam").mkdir()
        shutil.move(data / folder / "1.png", data / folder / "cam" / "0.png")
    (data / "truthA" / "0.png").unlink()
    report_on_run(run.path, [data], translations(run, data, 20), tmp_path / "report.html")
    evaluation = json.loads((run.path / "evaluations" / "a2b.json").read_text())
    assert evaluation["per_picture"]["names"] == ["2", "cam/0"]
    assert evaluation["unmatched"] == {"fake": ["0"], "truth": [], "source": []}
    # Left as they were, translations score what the identity scores: each met its own source.
    scores = evaluation["per_picture"]["scores"]
    assert scores["fake"] == scores["identity"]


def test_translations_of_unknown_or_two_makers_are_refused(run, tiny_data, tmp_path):
    folders = translations(run, tiny_data, 20)
    record = folders["b2a"] / "translation.json"
    record.write_text(record.read_text().replace("5ha", "another"))
    with pytest.raises(UserError, match="Two models made"):
        report_on_run(run.path, [tiny_data], folders, tmp_path / "report.html")
    record.unlink()
    with pytest.raises(UserError, match="translate again with --overwrite"):
        report_on_run(run.path, [tiny_data], folders, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_a_run_without_truth_gets_a_page_of_pictures_and_curves(tiny_data, tmp_path, capsys):
    folders = [str(tiny_data / "trainA"), str(tiny_data / "trainB")]
    run, out = tmp_path / "run", tmp_path / "out"
    words = ["train", "recyclegan", "--data", *folders, "--out", str(run), *FAST]
    assert main([*words, "--train.steps", "2"]) == 0
    assert main(["report", str(run), "--out", str(out)]) == 0
    assert "No true trainB of these pictures is known" in " ".join(capsys.readouterr().out.split())
    page = (out / "report.html").read_text()
    assert "No true version of these pictures exists" in page
    assert "These streets are rendered" not in page
    held_out = {path.name for path in (out / "held-out" / "a").iterdir()}
    assert held_out == {p.name for p in (out / "translations" / "a2b").glob("*.png")} != set()
    assert main(["report", str(run), "--out", str(out)]) == 0, "a second call makes it anew"
    assert main(["report", str(tmp_path / "nothing"), "--out", str(out)]) == 2
