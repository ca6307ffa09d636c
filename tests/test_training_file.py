"""A training told by a file: what it says, what goes before it, and how it is written."""

import io
import re
import sys

import pytest
import yaml

from recyclegan.cli import new
from recyclegan.cli.arguments import parse
from recyclegan.cli.main import main
from recyclegan.cli.train import TrainArguments, _arguments, configured
from recyclegan.cli.training_file import training_file
from recyclegan.config.documented import field_docs, part_docs
from recyclegan.config.plain import differences, flatten, to_plain
from recyclegan.runs.run_dir import open_run
from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.registry import VARIANTS, get_variant
from recyclegan.variants.training_file import read_training_file
from tests.small_run import FAST, events


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("name", VARIANTS)
def test_a_written_file_is_the_configuration_again(name, write, tmp_path):
    config = VARIANTS[name]
    file = read_training_file(write(training_file(config, [tmp_path / "pictures"], tmp_path)))
    assert (file.config, file.fields) == (config, frozenset())
    assert file.data == (tmp_path / "pictures",) and file.out == tmp_path / "run"


def test_every_comment_may_be_uncommented(write, tmp_path):
    """What stands as a comment is the variant's own value, on a line that is sound YAML."""
    text = training_file(get_variant("cyclegan"), [tmp_path], tmp_path)
    file = read_training_file(write(re.sub(r"^  # (?=\w+: \S+$)", "  ", text, flags=re.M)))
    assert file.config == get_variant("cyclegan")


def test_a_written_file_explains_every_line():
    text = training_file(get_variant("recyclegan"), [], new.Path())
    keys = [line for line in text.splitlines() if ":" in line and not line.startswith("#")]
    for key in keys:
        before = text.splitlines()[text.splitlines().index(key) - 1]
        assert before.strip().startswith("#"), f"{key} is not explained"


def test_every_field_and_part_has_its_sentence():
    labels = {"variant", "description"}
    assert set(flatten(to_plain(BASELINE))) - labels == set(field_docs())
    assert set(part_docs()) == {name.split(".")[0] for name in field_docs() if "." in name}


def test_nested_and_dotted_keys_say_the_same(write):
    nested = read_training_file(write("variant: cut\nimages: {size: 64, flip: false}\n"))
    dotted = read_training_file(write("variant: cut\nimages.size: 64\nimages.flip: no\n"))
    assert nested == dotted
    assert differences(nested.config, get_variant("cut")) == {
        "images.size": 64,
        "images.flip": False,
    }


def test_paths_are_told_from_the_file(write, tmp_path):
    file = read_training_file(write("variant: cut\ndata: [day, /far/night]\nout: ../run\n"))
    assert file.data == (tmp_path / "day", new.Path("/far/night"))
    assert file.out == tmp_path / "../run"


@pytest.mark.parametrize(
    ("flags", "lengths"),
    [
        ([], (2.0, None, 100)),
        (["--train.steps", "7"], (None, 7, 100)),
        (["--train.minutes", "5"], (5.0, None, 100)),
        (["--train.save-minutes", "3"], (2.0, None, None)),
    ],
)
def test_flags_go_before_the_file(write, flags, lengths):
    path = write(
        "variant: case-4\ntrain: {minutes: 2, save_steps: 100}\nseed: 5\ndata: x\nout: y\n"
    )
    file = read_training_file(path)
    default = _arguments(file.config, file.data, file.out)
    given = parse(TrainArguments, [*flags, "--seed", "6"], "train", default=default)
    config = configured(given, file)
    assert (config.train.minutes, config.train.steps, config.train.save_steps) == lengths
    assert config.seed == 6 and config.losses.adversarial == "lsgan"


def test_two_budgets_of_one_rank_still_exclude_each_other(write, tiny_data, tmp_path, capsys):
    path = write(f"variant: cut\ndata: {tiny_data}\nout: run\ntrain: {{minutes: 2, steps: 3}}\n")
    assert main(["train", "--config", str(path)]) == 2
    assert "exclude each other" in capsys.readouterr().err


BAD = {
    "no variant": ("images: {size: 64}", "names no variant"),
    "unknown variant": ("variant: recycelgan", "did you mean recyclegan?"),
    "unknown key": ("variant: cut\nsed: 4", "did you mean seed?"),
    "unknown part": ("variant: cut\nimges: {size: 3}", "did you mean images?"),
    "unknown field": ("variant: cut\nimages: {sise: 64}", "did you mean images.size?"),
    "a part without fields": ("variant: cut\nimages: 64", "below images there are fields"),
    "value": ("variant: cut\nimages: {size: 33}", "images.size 33 does not fit"),
    "values that clash": ("variant: case-1\ngenerator: {grid: 8}", "--generator.head"),
    "seed": ("variant: cut\nseed: many", "seed"),
    "data": ("variant: cut\ndata: 4", "data 4 does not fit"),
    "no YAML": ("variant: [cut", "is not sound YAML"),
    "key twice": ("variant: cut\nseed: 1\nseed: 2", "'seed' is there twice"),
    "a list": ("- cut", "should hold keys and values"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_sentence_that_names_it(case, write, capsys):
    text, said = BAD[case]
    path = str(write(text))
    assert main(["train", "--config", path, "--data", "x", "--out", "y"]) == 2
    words = capsys.readouterr().err
    assert said in words and path in words and words.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["--config"], ["cut", "--config", "--seed"], ["--config=no.yaml"]]
)
def test_a_file_that_is_not_named_or_not_there(words, capsys):
    assert main(["train", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_new_with_flags_writes_what_train_takes(tiny_data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    folders = [str(tiny_data / "trainA"), str(tiny_data / "trainB")]
    words = ["new", str(tmp_path / "mine"), "--data", *folders, "--size", "32", "--minutes", "1"]
    assert main(words) == 0
    (command,) = [line for line in capsys.readouterr().out.splitlines() if "train --config" in line]
    assert main([*command.split()[1:], *FAST, "--train.steps", "1"]) == 0
    _, record = open_run(tmp_path / "mine" / "run")
    assert record.config.variant == "recyclegan" and record.config.train.steps == 1
    assert main(words) == 2 and "there already" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


def test_new_asks_until_answers_fit(tiny_data, tmp_path, capsys, monkeypatch):
    asked = iter(["nowhere", f"'{tiny_data}'", "33", "much", "64", "no", "0", "1.5 h"])
    monkeypatch.setattr("builtins.input", lambda question: next(asked))
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    assert main(["new", str(tmp_path / "mine")]) == 0
    content = yaml.safe_load((tmp_path / "mine" / "config.yaml").read_text())
    assert content["images"] == {"size": 64} and content["train"] == {"minutes": 90.0}
    said = capsys.readouterr().out
    assert "No folder nowhere" in said and "multiple of 8" in said and "'no' is no length" in said


def test_new_offers_two_folders_that_lie_here(tmp_path, tiny_data, monkeypatch):
    for name, part in (("day", "trainA"), ("night", "trainB")):
        (tmp_path / name).symlink_to(tiny_data / part)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert new._two_here(new.Path("mine")) == "day night"
    (tmp_path / "dusk").symlink_to(tiny_data / "testA")
    assert new._two_here(new.Path("mine")) == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "give --data and --size and --minutes"),
        ("--data {data} --minutes 3", "give --size"),
        ("--data {data} --size 30 --minutes 3", "--images.size 30"),
        ("--data {data} --size 32 --minutes 0", "--train.minutes 0"),
        ("--data nowhere --size 32 --minutes 1", "No folder nowhere"),
        ("--variant cutt", "did you mean cut?"),
    ],
)
def test_new_without_a_terminal_wants_flags(words, said, tiny_data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["new", str(tmp_path / "mine"), *words.format(data=tiny_data).split()]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "mine").exists()


def test_or_resume_begins_then_goes_on_and_takes_no_other_training(tiny_data, tmp_path, capsys):
    out = str(tmp_path / "run")
    words = ["train", "recyclegan", "--data", str(tiny_data), "--out", out, *FAST, "--or-resume"]
    assert main([*words, "--train.steps", "2"]) == 0
    assert main([*words, "--train.steps", "2"]) == 0
    assert "nothing to do" in " ".join(capsys.readouterr().out.split())
    assert [event["step"] for event in events(tmp_path / "run", "train")] == [1, 2]
    assert main([*words, "--train.steps", "3"]) == 2
    assert f"recyclegan resume {out} --train.steps 3" in capsys.readouterr().err
    assert main([*words, "--train.steps", "2", "--losses.cycle", "1"]) == 2
    assert "--losses.cycle 5.0 and not 1.0" in capsys.readouterr().err
    assert main([*words, "--train.steps", "2", "--overwrite"]) == 2
