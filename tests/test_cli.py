"""What a person mistypes gets one sentence that names it, and status 2."""

import pytest

from recyclegan.cli.main import COMMANDS, main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train case-4 --data x --out y --train.stepz 3", "did you mean --train.steps?"),
        ("train case-4 --data x --out y --images.size abc", "--images.size"),
        ("train case-4 --data x --out y --images.size 30", "--images.size 30"),
        ("train case-4 --data x --out y --losses.adversarial wgan", "--losses.adversarial"),
        ("train case-4 --data x --out y --train.steps", "--train.steps"),
        ("train case-4 --out y", "--data"),
        ("train --data x --out y", "Name the variant first"),
        ("train case4 --data x --out y", "did you mean case-4?"),
        ("translate a b", "--direction"),
        ("translate a b c --direction up", "'a2b', 'b2a'"),
        ("resume", "RUN"),
        ("variants --jason", "did you mean --json?"),
        ("variants more", "more"),
        ("data scnes out", "`recyclegan data scenes`"),
        ("trian", "`recyclegan train`"),
        ("zzz", "`recyclegan --help`"),
    ],
)
def test_a_mistake_gets_one_sentence(words, said, capsys):
    assert main(words.split()) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("recyclegan: ") and error.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    try:
        status = main([*command.split(), "--help"])
    except SystemExit as ended:
        status = ended.code
    assert not status
    assert f"usage: recyclegan {command}" in capsys.readouterr().out


def test_no_command_shows_the_way(capsys):
    assert main([]) == 2
    assert all(command in capsys.readouterr().out for command in ["quickstart"])


def test_a_folder_that_cannot_be_read_is_no_traceback(tmp_path, monkeypatch, capsys):
    from pathlib import Path

    def denied(self):
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "day").mkdir()
    monkeypatch.setattr(Path, "iterdir", denied)
    assert main(["train", "case-1", "--data", str(tmp_path / "day"), "--out", "nowhere"]) == 1
    error = capsys.readouterr().err
    assert "Permission denied" in error and error.count("\n") == 1
