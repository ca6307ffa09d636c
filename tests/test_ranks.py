"""Two processes under torchrun make what one makes, speak once, and none waits for a dead one."""

import json
import shutil

import pytest
from safetensors.torch import save_file

from recyclegan.cli.main import main
from recyclegan.features.cache import FeatureCache
from recyclegan.features.extractor import LuminanceFeatures
from tests.conftest import draw_picture
from tests.evaluation_sets import write_sets
from tests.ranked import run_lines, torchrun
from tests.test_translation import noise, write_model

SIZES = ((40, 30), (33, 48), (40, 30), (64, 32), (30, 30))


def write_pictures(folder):
    """Eleven pictures of a few sizes, two of one name, and one that cannot be read."""
    (folder / "more").mkdir(parents=True)
    for index in range(10):
        noise(*SIZES[index % 5], seed=index).save(folder / f"{'more/' * (index % 2)}{index}.png")
    noise(40, 30, seed=99).save(folder / "0.gif")
    (folder / "bad.png").write_bytes(b"no picture")


def write_town(root):
    """A dataset without a split of its own and with a copy, in two folders."""
    for folder, bright in (("trainA", True), ("trainB", False)):
        (root / folder).mkdir(parents=True)
        for index in range(14):
            draw_picture(root / folder / f"{index:02}.png", index + 100 * bright, bright=bright)
    shutil.copy(root / "trainA" / "00.png", root / "trainA" / "copy.png")


def write_weights(path):
    """Any weights for resnet18, in the names of timm."""
    import timm
    import torch

    torch.manual_seed(0)
    save_file(timm.create_model("resnet18").state_dict(), path)
    return path


def lines(root, out):
    """The same work into a place of its own."""
    flags = [f"--{flag}={root / 'sets' / flag}" for flag in ("real", "fake", "truth", "source")]
    network = ["--extractor=resnet18", f"--weights={root / 'resnet18.safetensors'}"]
    model, pictures = root / "model" / "generators.safetensors", root / "pictures"
    return [
        ["translate", model, pictures, out / "night", "--direction=a2b", "--precision=fp32"],
        ["evaluate", *flags, *network, f"--out={out}/network.json", f"--cache={out}/cache"],
        ["evaluate", *flags, "--extractor=luminance", f"--out={out}/light.json"],
        ["curate", root / "town", f"--out={out}/town", "--features=luminance", "--clusters=3"],
    ]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """What one process made, what two made, and what the two printed."""
    root = tmp_path_factory.mktemp("ranks")
    write_model(root / "model" / "generators.safetensors")
    write_pictures(root / "pictures")
    write_sets(root / "sets", 10)
    write_town(root / "town")
    write_weights(root / "resnet18.safetensors")
    one, two = root / "one", root / "two"
    one.mkdir()
    two.mkdir()
    assert [main([str(word) for word in line]) for line in lines(root, one)] == [1, 0, 0, 0]
    said = run_lines(lines(root, two))
    return one, two, said


def test_two_processes_write_the_same_files(places):
    one, two, said = places
    assert said.returncode == 1, said.stdout  # One picture cannot be read.
    files = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    assert {path.relative_to(two) for path in two.rglob("*") if path.is_file()} >= {
        path for path in files if path.suffix != ".safetensors"
    }
    exact = [path for path in files if path.suffix in (".png", ".html", ".gif")]
    assert len(exact) == 11 + 2 + 1
    for path in exact:
        assert (one / path).read_bytes() == (two / path).read_bytes(), path
    for path in ("network.json", "light.json", "town/curation.json"):
        assert json.loads((one / path).read_text()) == json.loads((two / path).read_text()), path


def test_counts_are_of_all_pictures(places):
    one, two, said = places
    alone, shared = (json.loads((p / "night" / "translation.json").read_text()) for p in (one, two))
    costs = {name for name in alone if "second" in name or "per" in name}
    assert {k: v for k, v in shared.items() if k not in costs} == {
        k: v for k, v in alone.items() if k not in costs
    }
    assert said.stdout.count("12 found (0 other files ignored), 11 translated") == 1
    assert said.stdout.count("Failed ") == 1


def test_features_are_kept_by_all_and_are_the_same(places):
    one, two, _ = places
    recipe = {"measures": "brightness, sharpness", "min_side": 256}
    identity = LuminanceFeatures().identity | recipe
    alone, shared = (FeatureCache(p / "town" / "features", identity) for p in (one, two))
    assert len(list(shared.folder.iterdir())) == 2 * len(list(alone.folder.iterdir()))
    assert set(alone._places) == set(shared._places)
    for digest in alone._places:
        for name, values in alone[digest].items():
            assert (values == shared[digest][name]).all()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        # All processes notice the first mistake, and the first one alone the second.
        (["translate", "none", ".", "out", "--direction=a2b"], "There is no model at none"),
        (["train", "case-8", "--data=town", "--out=pictures", "--train.steps=1"], "holds no run"),
    ],
)
def test_a_mistake_is_told_once_and_ends_all(words, sentence, places, monkeypatch):
    monkeypatch.chdir(places[0].parent)
    said = torchrun("-m", "recyclegan", *words)
    assert said.returncode != 0
    assert said.stdout.count("recyclegan:") == said.stdout.count(sentence) == 1


def test_what_one_process_cannot_do_ends_all(places, tmp_path):
    """Only the second process is to write into a folder whose place is taken by a file."""
    one, _, _ = places
    for index in range(2):
        noise(32, 32, seed=index).save(tmp_path / f"{index}.png")
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "0.png").rename(tmp_path / "in" / "a.png")
    (tmp_path / "1.png").rename(tmp_path / "in" / "b" / "c.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b").write_text("in the way")
    model = one.parent / "model" / "generators.safetensors"
    words = ["translate", model, tmp_path / "in", tmp_path / "out", "--direction=a2b"]
    said = torchrun("-m", "recyclegan", *words)
    assert said.returncode != 0
    assert said.stdout.count("recyclegan:") == said.stdout.count("cannot be written") == 1
    assert (tmp_path / "out" / "a.png").is_file()


def test_work_of_one_process_is_refused(tmp_path):
    said = torchrun("-m", "recyclegan", "data", "scenes", "--out", tmp_path / "scenes")
    assert "`recyclegan data scenes` is for one process: run it without torchrun." in said.stdout
    assert not (tmp_path / "scenes").exists()
