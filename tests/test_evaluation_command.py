"""`recyclegan evaluate`: what is said of mistakes, what is shown and what is written."""

from __future__ import annotations

import json
import time

import pytest

from recyclegan.cli.main import main
from recyclegan.networks import weights as weight_files
from tests.evaluation_sets import darken, save, scene, strict, write_sets


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    return write_sets(tmp_path, 6)


def run(folders, *words):
    flags = [word for flag, folder in folders.items() for word in (f"--{flag}", str(folder))]
    return main(["evaluate", *flags, *words])


def test_it_writes_the_record_and_shows_what_is_clear(folders, tmp_path, capsys):
    out = tmp_path / "evaluation.json"
    (folders["fake"] / "translation.json").write_text(
        json.dumps({"step": 9, "model_sha256": "5ha"})
    )
    assert run(folders, "--extractor", "luminance", "--out", str(out)) == 0
    shown = capsys.readouterr().out
    for words in ("real 6", "colour transfer", "PSNR to truth", "beaten", " to ", str(out)):
        assert words in shown, words
    assert "no clear difference" in shown or "ahead" in shown
    record = strict(json.loads(out.read_text()))
    assert record["metrics"]["psnr"]["recipe"]["measured"] == {"step": 9, "model_sha256": "5ha"}
    assert run(folders, "--extractor", "luminance", "--out", str(out)) == 2
    assert "--overwrite" in capsys.readouterr().err
    before = out.read_bytes()
    assert run(folders, "--extractor", "luminance", "--out", str(out), "--overwrite") == 0
    assert out.read_bytes() == before


def test_json_alone_goes_to_the_standard_output(folders, capsys):
    words = ("--metrics", "psnr", "ssim", "--out", "-")
    assert run(folders, *words) == 0
    assert list(json.loads(capsys.readouterr().out)["metrics"]) == ["psnr", "ssim"]


def test_a_picture_that_is_left_out_is_listed_and_told_by_the_status(folders, tmp_path, capsys):
    save(folders["fake"] / "001.png", darken(scene(1, (31, 31))))
    (folders["truth"] / "002.png").write_bytes(b"")
    assert run(folders, "--metrics", "psnr", "--out", str(tmp_path / "x.json")) == 1
    shown = capsys.readouterr().out
    assert "2 left out" in shown and "31x31" in shown and "the file is empty" in shown
    assert "1 of --fake without a partner" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fake": "missing"}, "No folder"),
        ({"fake": "fake/000.png"}, "is a file"),
        ({"real": "empty"}, "--real"),
        ({"truth": "real"}, "has the name of one in --truth"),
        ({"--metrics": "kidd_luminance"}, "There is no metric kidd_luminance"),
        ({"--metrics": "lpips_cycle_alex"}, "needs --recovered"),
        ({"--extractor": "nonesuch"}, "no network nonesuch"),
        ({"--out": "."}, "is a folder"),
        ({"--out": "nowhere/x.json"}, "no folder"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(folders, tmp_path, capsys, change, said):
    (tmp_path / "empty").mkdir()
    given = {f"--{flag}": folder for flag, folder in folders.items()}
    given |= {"--out": tmp_path / "x.json", "--metrics": "psnr"}
    if "--extractor" in change:
        del given["--metrics"]
    for flag, value in change.items():
        if flag in folders:
            given[f"--{flag}"] = tmp_path / value
        else:
            given[flag] = tmp_path / value if flag == "--out" else value
    words = [word for flag, value in given.items() for word in (flag, str(value))]
    assert main(["evaluate", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1, error
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize("words", [(), ("--metrics", "kid"), ("--metrics", "lpips_alex")])
def test_without_weights_it_says_in_seconds_which_file_is_wanted(
    folders, tmp_path, monkeypatch, capsys, words
):
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(weight_files, "_open", lambda url: OSError("no network"))
    monkeypatch.setattr("recyclegan.evaluation.evaluating.read_set", None)
    start = time.monotonic()
    assert run(folders, *words, "--out", str(tmp_path / "x.json")) == 2
    assert time.monotonic() - start < 10
    error = capsys.readouterr().err
    assert str(tmp_path) in error and "--weights" in error and error.count("\n") == 1


def test_the_output_is_asked_for_before_any_work(folders, capsys):
    assert run(folders) == 2
    assert "--out is missing" in capsys.readouterr().err


def test_translations_out_of_haze_stand_beside_the_dark_channel(folders, tmp_path, capsys):
    (folders["fake"] / "translation.json").write_text(json.dumps({"from": "hazy", "to": "clear"}))
    out = tmp_path / "evaluation.json"
    assert run(folders, "--metrics", "psnr", "--out", str(out)) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "hazy → clear: real 6" in shown and "dark channel" in shown
    record = strict(json.loads(out.read_text()))
    assert set(record["differences"]) == {"identity", "colour_transfer", "dark_channel"}
    assert record["metrics"]["psnr"]["recipe"]["measured"] == {"from": "hazy", "to": "clear"}
