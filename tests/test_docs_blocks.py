"""The blocks of the documentation are run: commands on small scenes in a chain, Python, YAML."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from recyclegan.cli.main import main
from recyclegan.study.plan import make_plan
from recyclegan.variants.training_file import read_training_file
from tests.small_run import FAST, train
from tests.test_docs import NAMES, PAGES, ROOT, blocks, commands

YAML_BLOCKS = [
    pytest.param(text, id=f"{name} {number}")
    for name, page in zip(NAMES, PAGES, strict=True)
    for number, text in enumerate(blocks(page, "yaml"))
]


@pytest.mark.parametrize("text", YAML_BLOCKS)
def test_yaml_fits_its_schema(text, tmp_path):
    path = tmp_path / "below" / "file.yaml"
    path.parent.mkdir()
    path.write_text(text)
    content = yaml.safe_load(text)
    if "variants" in content:
        for data in content["data"].values():
            if isinstance(data, str):
                (path.parent / data).mkdir(parents=True, exist_ok=True)
        assert make_plan(str(path)).trainings
    else:
        assert read_training_file(path).fields


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with what the pages take for granted: photos, a picture, and a trained run."""
    place = tmp_path_factory.mktemp("place")
    scenes = place / "DATA"
    words = ["data", "scenes", str(scenes), "--num", "6", "--num-test", "3", "--size", "32"]
    assert main(words) == 0
    for names in (("photos/day", "photos/night"), ("fotos/dia", "fotos/noite")):
        for name, part in zip(names, ("trainA", "trainB"), strict=True):
            shutil.copytree(scenes / part, place / name)
    for name in ("day.jpg", "one.jpg", "uma.jpg"):
        shutil.copy(scenes / "testA" / "00000.png", place / name)
    shutil.copytree(scenes / "trainA", place / "FOLDER_A")
    shutil.copytree(scenes / "trainB", place / "FOLDER_B")
    assert train(scenes, place / "runs" / "mine", steps=2) == 0
    shutil.copytree(place / "runs" / "mine", place / "meu" / "run", symlinks=True)
    return place


@pytest.fixture
def here(place, tmp_path, monkeypatch):
    """A copy of that folder to work in."""
    shutil.copytree(place, tmp_path / "here", symlinks=True)
    (tmp_path / "photos").symlink_to(tmp_path / "here" / "photos")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


CHAINS = {
    "README.md": ["runs/mine"],
    "docs/quickstart.md": ["runs/mine"],
    "docs/pt/quickstart.md": ["meu"],
    "docs/settings.md": [],
    "docs/doctor.md": [],
    "docs/faq.md": ["runs/mine"],
}
"""Pages whose commands are executed one after the other, and what they make themselves."""

RUN = {"new", "train", "resume", "translate", "report", "evaluate", "doctor", "variants"}
"""Commands that take seconds when they are made small."""

SMALLER = {"--images.size": "32", "--size": "32"}
BUDGETS = ("--train.minutes", "--train.steps")


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
def test_commands_of_a_page_work_one_after_the_other(name, here, capsys):
    for made in CHAINS[name]:
        shutil.rmtree(here / made)
    if name == "docs/faq.md":
        assert train(here / "photos", here / "runs" / "mine", steps=2) == 0
    steps, done = 2, 0
    for words in commands(ROOT / name):
        if Path(words[0]).name != "recyclegan" or words[1] not in RUN:
            continue
        if "--train.start-from" in words:  # Of weights that a page imports.
            continue
        steps += words[1] == "resume"
        status = main(small(words[1:], steps))
        said = capsys.readouterr()
        fine = (0, 1) if words[1] == "doctor" else (0,)
        assert status in fine, f"{shlex.join(words)}: {said.out}{said.err}"
        done += 1
    assert done


def small(words, steps):
    """Make a command small: fewer pixels and steps, the networks of the tests, no weights."""
    words = [SMALLER.get(before, word) for before, word in zip(["", *words], words, strict=False)]
    for flag in BUDGETS:
        if flag in words:
            place = words.index(flag)
            words[place : place + 2] = ["--train.steps", str(steps)]
    wanted = {"doctor": ["--quick"], "evaluate": ["--extractor", "luminance"]}.get(words[0], [])
    if words[0] == "train":
        wanted = [*FAST, "--train.steps", str(steps)]
    # A flag with its value; --quick has none.
    flags = [wanted[place : place + 2] for place in range(0, len(wanted), 2)]
    return [*words, *(word for flag in flags if flag[0] not in words for word in flag)]


PYTHON = [
    pytest.param(text, id=f"{name} {number}")
    for name, page in zip(NAMES, PAGES, strict=True)
    for number, text in enumerate(blocks(page, "python"))
    # Their files (an adapter, weights of the public code, ONNX) are tested where they are made.
    if name not in ("docs/adapt.md", "docs/weights.md", "docs/export.md")
]


@pytest.mark.slow
@pytest.mark.parametrize("text", PYTHON)
def test_python_runs(text, here):
    if " train(" in text:
        shutil.rmtree(here / "runs" / "mine")
    for pattern, value in ((r"\bsize=\d+", "size=32"), (r"\bminutes=[\d.]+", "minutes=0.02")):
        text = re.sub(pattern, value, text)
    exec(compile(text, "block", "exec"), {"__name__": "block"})
