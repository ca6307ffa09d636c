"""The quickstart from end to end, small: scenes, training, translations, figures, one page."""

import json
import re

import pytest
from PIL import Image

from recyclegan.cli import quickstart
from recyclegan.cli.main import main
from recyclegan.runs.events import EventLog

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quickstart, "NUM", 6)
        patch.setattr(quickstart, "NUM_TEST", 4)
        patch.setattr(quickstart, "SIZE", 32)
        assert main(["quickstart", "--out", str(folder), "--minutes", "0.1"]) == 0
    return folder


def test_it_ends_in_a_page_with_figures_and_pictures(out):
    page = (out / "report.html").read_text()
    assert "colour transfer" in page and "data:image/" in page
    assert "FOLDER_A" in page and "translate" in page
    for direction in ("a2b", "b2a"):
        evaluation = json.loads((out / "run" / "evaluations" / f"{direction}.json").read_text())
        assert evaluation["metrics"]["ssim"]["num"] == 4
        assert set(evaluation["rows"]) == {"identity", "colour_transfer", "real_halves"}
        results = list((out / "translations" / direction).glob("*.png"))
        assert len(results) == 4 and Image.open(results[0]).size == (32, 32)


def test_its_figures_are_the_last_states(out):
    """`best` was chosen on the same pictures, so its figures would flatter."""
    record = json.loads((out / "translations" / "a2b" / "translation.json").read_text())
    steps = [e["step"] for e in EventLog(out / "run" / "metrics.jsonl").read()]
    assert record["step"] == max(steps)


def test_a_second_call_trains_nothing_again(out, capsys):
    before = (out / "run" / "metrics.jsonl").read_bytes()
    assert main(["quickstart", "--out", str(out), "--minutes", "0.1"]) == 0
    assert (out / "run" / "metrics.jsonl").read_bytes() == before
    assert "nothing to do" in " ".join(capsys.readouterr().out.split())


def test_another_length_variant_or_task_is_not_mixed_in(out, capsys):
    assert main(["quickstart", "--out", str(out), "--minutes", "3"]) == 2
    assert "0.1 minutes" in capsys.readouterr().err
    assert main(["quickstart", "--out", str(out), "--task", "hazy2clear"]) == 2
    assert "holds a quickstart of day2night" in capsys.readouterr().err


def test_haze_to_clear_air(tmp_path, monkeypatch, capsys):
    for name, value in (("NUM", 4), ("NUM_TEST", 3), ("SIZE", 32)):
        monkeypatch.setattr(quickstart, name, value)
    out = tmp_path / "out"
    words = ["--task", "hazy2clear", "--minutes", "0.03"]
    assert main(["quickstart", "--out", str(out), *words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "4 hazy + 4 clear street scenes" in said and "hazy → clear: 3 pictures" in said
    page = (out / "report.html").read_text()
    assert "Hazy to clear, and back" in page and "Dark channel" in page
    visible = re.sub(r"<(style|script).*?</\1>|data:image/[^\"]*", "", page, flags=re.DOTALL)
    assert not re.findall(r"\bday\b|\bnight\b|the dark hides", visible.lower())
    rows = {
        way: json.loads((out / "run" / "evaluations" / f"{way}.json").read_text())["rows"]
        for way in ("a2b", "b2a")
    }
    assert "dark_channel" in rows["a2b"] and "dark_channel" not in rows["b2a"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--minutes", "0"], "--train.minutes 0"),
        (["--minutes", "nan"], "--train.minutes nan"),
        (["--variant", "cyclegam"], "did you mean cyclegan"),
        (["--out", "{file}"], "a file"),
        (["--out", "{file}/below"], "a file"),
        (["--out", "{full}"], "something else"),
    ],
)
def test_mistakes_are_said_before_any_work(flags, said, tmp_path, capsys):
    places = {"file": tmp_path / "file", "full": tmp_path / "full"}
    places["file"].write_text("x")
    places["full"].mkdir()
    (places["full"] / "letter.txt").write_text("dear")
    words = [flag.format(**places) for flag in flags]
    if "--out" not in flags:
        words += ["--out", str(tmp_path / "new")]
    assert main(["quickstart", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "new").exists()
    assert (places["full"] / "letter.txt").read_text() == "dear"
