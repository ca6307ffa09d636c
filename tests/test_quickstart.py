"""The quickstart from end to end, small: scenes, training, translations, figures, one page."""

import json

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


def test_another_length_or_variant_is_not_mixed_in(out, capsys):
    assert main(["quickstart", "--out", str(out), "--minutes", "3"]) == 2
    assert "0.1 minutes" in capsys.readouterr().err


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
