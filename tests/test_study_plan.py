"""What a study's file asks for, and what is said of a file that does not fit."""

import pytest

from recyclegan.cli.arguments import parse
from recyclegan.cli.main import main
from recyclegan.cli.train import FIELDS, TrainArguments, _arguments
from recyclegan.errors import UserError
from recyclegan.study.file import shipped
from recyclegan.study.plan import make_plan
from recyclegan.study.training import flags
from recyclegan.variants.registry import VARIANTS, get_variant

FILE = """
name: small
data:
  streets: {scenes: {num: 8, num_test: 8, size: 32}}
  webcams: pictures
reference: cyclegan
variants:
  - cyclegan
  - recyclegan
  - {name: no-skips, variant: recyclegan, set: {generator.skips: none, images.flip: false}}
  - {name: big-batch, variant: cyclegan, set: {optimizer.batch: 16, optimizer.lr-generator: 1e-4}}
seeds: [3, 4]
budgets: [{minutes: 0.5}, {steps: 20}, {epochs: 5}, {images: 100}]
set: {images.size: 32, train.threads: 1}
"""


@pytest.fixture
def written(tmp_path):
    """Write a study's file, with one text in it replaced by another, beside a data set."""
    (tmp_path / "pictures").mkdir()

    def write(old="", new=""):
        assert old in FILE
        path = tmp_path / "study.yaml"
        path.write_text(FILE.replace(old, new) if old else FILE)
        return str(path)

    return write


def test_every_combination_is_a_training_and_seeds_come_last(written):
    plan = make_plan(written())
    keys = [training.key for training in plan.trainings]
    assert len(keys) == len(set(keys)) == 2 * 4 * 4 * 2
    assert keys[0] == "streets/0.5-minutes/cyclegan-3"
    assert keys[-1] == "webcams/100-images/big-batch-4"
    assert [one.seed for one in plan.trainings] == [3] * 32 + [4] * 32


def test_a_budget_is_the_length_of_a_training(written):
    lengths = {one.key: one.config.train for one in make_plan(written()).trainings}
    assert lengths["streets/0.5-minutes/cyclegan-3"].minutes == 0.5
    assert lengths["streets/20-steps/cyclegan-3"].steps == 20
    epochs = lengths["streets/5-epochs/cyclegan-3"]
    assert (epochs.epochs, epochs.steps, epochs.minutes) == (5, None, None)
    # As many pictures, whatever the batch; the last step may be more than is needed.
    assert lengths["streets/100-images/cyclegan-3"].steps == 100
    assert lengths["streets/100-images/big-batch-3"].steps == 7


def test_training_is_not_interrupted_by_evaluation_unless_the_file_says_so(written):
    train = make_plan(written()).trainings[0].config.train
    assert (train.extractor, train.eval_minutes, train.eval_steps) == ("none", None, None)
    told = make_plan(written("train.threads: 1", "train.eval-steps: 7")).trainings[0].config.train
    assert told.eval_steps == 7


def test_jobs_share_the_processors_where_the_file_does_not(written, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    path = written(", train.threads: 1", "")
    assert make_plan(path).trainings[0].config.train.threads == 0
    assert make_plan(path, jobs=4).trainings[0].config.train.threads == 2
    assert make_plan(written(), jobs=4).trainings[0].config.train.threads == 1


def test_the_command_of_a_training_makes_its_configuration(written):
    """What the result line holds is what was trained: parsed again it is the same."""
    for training in make_plan(written()).trainings:
        words = training.command("DATA", "RUN")
        variant = get_variant(words[1])
        given = parse(TrainArguments, words[2:], "train", default=_arguments(variant))
        assert all(getattr(given, name) == getattr(training.config, name) for name in FIELDS)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_as_it_is_needs_no_flag(name):
    assert flags(VARIANTS[name]) == []


@pytest.mark.parametrize("name", shipped())
def test_studies_that_come_with_the_program_fit(name):
    plan = make_plan(name)
    assert plan.name == name and plan.reference in plan.names


BAD = {
    "unknown key": ("seeds: [3, 4]", "seeds: [3, 4]\njob: 2", "there is no key job"),
    "unknown key of scenes": ("size: 32}}", "sise: 32}}", "data.streets.scenes.sise"),
    "unknown variant": ("  - recyclegan", "  - recycelgan", "did you mean recyclegan?"),
    "unknown field": ("generator.skips: none", "generator.skip: none", "generator.skips?"),
    "unknown part": ("generator.skips: none", "skips: none", "no field skips to set"),
    "value out of range": ("generator.skips: none", "generator.skips: some", "generator.skips"),
    "value of another type": ("images.size: 32", "images.size: large", "images.size 'large'"),
    "budget of another type": ("{steps: 20}", "{steps: many}", "budgets[1].steps 'many'"),
    "two units": ("{steps: 20}", "{steps: 20, epochs: 1}", "budgets[1] should have one of"),
    "no unit": ("{steps: 20}", "{}", "budgets[1] should have one of"),
    "no budget": ("[{minutes: 0.5}, {steps: 20}, {epochs: 5}, {images: 100}]", "[]", "budgets"),
    "budget in set": ("images.size: 32", "train.steps: 9", "told by budgets and seeds"),
    "name twice": ("name: no-skips", "name: cyclegan", "variants has cyclegan twice"),
    "seed twice": ("[3, 4]", "[3, 3]", "seeds has 3 twice"),
    "budget twice": ("{steps: 20}", "{minutes: 0.5}", "budgets has 0.5-minutes twice"),
    "reference": ("reference: cyclegan", "reference: cut", "reference cut is none of"),
    "reserved name": ("name: no-skips", "name: truth", "rename the variant"),
    "name that is no folder": ("name: no-skips", "name: no/skips", "variants[2].name 'no/skips'"),
    "no such folder": ("webcams: pictures", "webcams: elsewhere", "there is no folder"),
    "neither folder nor scenes": ("webcams: pictures", "webcams: {}", "data.webcams should be"),
    "key twice": ("seeds: [3, 4]", "seeds: [3, 4]\nseeds: [5]", "the key 'seeds' is there twice"),
    "no YAML": ("seeds: [3, 4]", "seeds: [3, 4", "is not sound YAML"),
    "missing key": ("name: small\n", "", "name is missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_sentence_that_names_file_and_key(case, written, capsys):
    old, new, said = BAD[case]
    path = written(old, new)
    assert main(["study", path, "--out", "nowhere"]) == 2
    words = capsys.readouterr().err.strip()
    assert said in words and path in words and len(words.splitlines()) == 1


def test_a_study_that_is_not_there_names_those_that_are():
    with pytest.raises(UserError, match="nine-cases"):
        make_plan("nine-case")


def test_a_dry_run_lists_commands_and_hours_and_writes_nothing(written, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["study", written(), "--out", str(out), "--dry-run", "--jobs", "2"]) == 0
    *commands, last = capsys.readouterr().out.strip().splitlines()
    assert len(commands) == 64 and all(line.startswith("recyclegan train ") for line in commands)
    # 16 trainings of half a minute, two at once; nobody knows how long the other 48 take.
    assert "64 of 64 trainings to make, 2 at once: 4:00 min" in last and "48 of them" in last
    assert not out.exists()
