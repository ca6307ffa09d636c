"""A trained model is shared as a folder and through the Hub, and read again as it was."""

from __future__ import annotations

import json
import pickle
import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

from recyclegan import from_pretrained, load_translator, save_pretrained
from recyclegan.atomic import sha256
from recyclegan.checkpoint.find import find_generators
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.runs.run_dir import open_run
from recyclegan.sharing.card import escape
from recyclegan.sharing.facts import facts_of
from recyclegan.training.adapting import adaptation
from tests.conftest import draw_picture
from tests.fake_hub import fake_hub
from tests.small_run import train

NAME = "someone/streets"


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_data):
    """A run with an evaluation of its best checkpoint, and one of other tensors."""
    root = tmp_path_factory.mktemp("shared")
    assert train(tiny_data, root / "run", steps=2) == 0
    model = find_generators(root / "run")
    words = ["--direction", "a2b"]
    assert (
        main(["translate", str(root / "run"), str(tiny_data / "testA"), str(root / "out"), *words])
        == 0
    )
    for name in ("of-these", "of-others"):
        assert main([
            "evaluate", "--real", str(tiny_data / "testB"), "--fake", str(root / "out"),
            "--truth", str(tiny_data / "truthA"), "--metrics", "psnr",
            "--out", str(root / "run" / "evaluations" / f"{name}.json"),
        ]) == 0  # fmt: skip
    other = root / "run" / "evaluations" / "of-others.json"
    other.write_text(other.read_text().replace(sha256(model), "0" * 64))
    return root / "run"


@pytest.fixture(scope="module")
def shared(run, tmp_path_factory):
    return save_pretrained(run, tmp_path_factory.mktemp("folder") / "streets", license_name="mit")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    pytest.importorskip("huggingface_hub")
    with fake_hub(monkeypatch, tmp_path / "cache") as hub:
        yield hub


@pytest.fixture
def pushed(hub, shared):
    hub.models[NAME] = {path.name: path.read_bytes() for path in shared.iterdir()}
    return hub


def translation(translator, tmp_path):
    draw_picture(tmp_path / "day.png", 5)
    return np.asarray(translator(Image.open(tmp_path / "day.png")))


def test_what_is_shared_translates_as_the_run_does(run, shared, tmp_path):
    assert sorted(path.name for path in shared.iterdir()) == [
        "README.md", "config.json", "generators.safetensors", "sample.jpg",
    ]  # fmt: skip
    for direction in ("a2b", "b2a"):
        ours = translation(from_pretrained(shared, direction), tmp_path)
        assert (ours == translation(load_translator(run, direction), tmp_path)).all()


def test_the_card_says_what_is_known_in_the_form_of_the_hub(run, shared, tiny_data):
    _, front, body = (shared / "README.md").read_text().split("---\n", 2)
    values = yaml.safe_load(front)
    assert values["license"] == "mit" and values["pipeline_tag"] == "image-to-image"
    assert values["library_name"] == "recyclegan" and "cyclegan" in values["tags"]
    figure = json.loads((run / "evaluations" / "of-these.json").read_text())["metrics"]["psnr"]
    low, high = figure["interval"]
    assert f"| psnr | {figure['value']:.4g} | {low:.4g} to {high:.4g} | no network | 3 |" in body
    assert body.count("| psnr |") == 1, "figures of other tensors are left out"
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["digest"] in body and "| A | train | 5 |" in body
    assert sha256(shared / "generators.safetensors") in body and "sample.jpg" in body
    assert "| `images.size` | 32 |" in body and "## Limits" in body


def test_no_place_of_this_machine_is_shared(run, shared, tiny_data):
    for name in ("README.md", "config.json"):
        text = (shared / name).read_text()
        assert str(run.parent) not in text and str(tiny_data) not in text


def test_the_recipe_travels_along(run, shared):
    assert open_run(shared)[1].config == open_run(run)[1].config
    assert facts_of(shared) == facts_of(run)
    assert facts_of(shared / "generators.safetensors").pictures == facts_of(run).pictures


def test_a_bare_file_is_shared_with_what_it_says_itself(run, tmp_path):
    bare = tmp_path / "bare.safetensors"
    shutil.copy(find_generators(run), bare)
    folder = save_pretrained(bare, tmp_path / "bare", sample=False)
    text = (folder / "README.md").read_text()
    assert "Not known: the file was shared without its run." in text and "sample" not in text
    assert "Nothing was measured of this checkpoint." in text


def test_an_adapter_is_shared_as_the_model_that_it_makes(run, tmp_path, tiny_data):
    pytest.importorskip("peft")
    from dataclasses import replace

    from recyclegan import train as train_with

    config = adaptation(run, tune="lora", rank=1)
    config = replace(config, train=replace(config.train, steps=1))
    train_with(config, [tiny_data], tmp_path / "adapted")
    (adapter,) = (tmp_path / "adapted" / "checkpoints" / "last").glob("adapter.safetensors")
    folder = save_pretrained(adapter, tmp_path / "whole")
    ours = translation(from_pretrained(folder, precision="fp32"), tmp_path)
    assert (ours == translation(load_translator(adapter, precision="fp32"), tmp_path)).all()
    # The place of its base is one of this machine.
    folder = save_pretrained(tmp_path / "adapted", tmp_path / "run")
    assert str(tmp_path) not in (folder / "config.json").read_text()


def test_a_place_that_is_taken_is_kept(run, shared, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["share", str(run), str(tmp_path)]) == 2
    assert main(["share", str(run), str(tmp_path), "--overwrite"]) == 2
    assert "holds more than a shared model (mine.txt)" in capsys.readouterr().err
    assert main(["share", str(run), str(shared), "--overwrite", "--license", "mit"]) == 0
    assert "recyclegan serve" in capsys.readouterr().out


def test_tensors_that_were_replaced_are_refused(shared, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(shared, folder)
    content = bytearray((folder / "generators.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "generators.safetensors").write_bytes(content)
    with pytest.raises(UserError, match="does not have the hash"):
        from_pretrained(folder)


def test_names_in_a_card_are_no_markup():
    assert escape("a|b\n# c <img> `x`") == r"a\|b \# c \<img\> \`x\`"


def test_push_and_pull(hub, run, tmp_path, capsys):
    out = tmp_path / "streets"
    assert main(["share", str(run), str(out), "--push", NAME, "--license", "mit"]) == 0
    assert "hub://someone/streets" in capsys.readouterr().out
    assert hub.models[NAME] == {path.name: path.read_bytes() for path in out.iterdir()}
    ours = translation(from_pretrained(NAME), tmp_path)
    assert (ours == translation(load_translator(run), tmp_path)).all()


def test_a_model_on_the_hub_is_a_model_of_translate(pushed, tiny_data, tmp_path):
    address = f"hub://{NAME}"
    words = ["translate", address, str(tiny_data / "testA"), str(tmp_path / "out")]
    assert main([*words, "--direction", "a2b"]) == 0
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    # What was fetched once serves without a network.
    pushed.status = 503
    assert load_translator(address).source == "A"


def test_offline_is_one_sentence_and_status_1(hub, run, tmp_path, capsys):
    hub.status = 503
    words = [
        "translate",
        f"hub://{NAME}",
        str(tmp_path),
        str(tmp_path / "out"),
        "--direction",
        "a2b",
    ]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert "hub://someone/streets cannot be fetched" in error and error.count("\n") == 1
    assert main(["share", str(run), str(tmp_path / "out"), "--push", NAME]) == 1
    error = capsys.readouterr().err
    assert "--push someone/streets: the Hub" in error and error.count("\n") == 1
    assert (tmp_path / "out" / "generators.safetensors").is_file()


def test_a_token_without_the_right_is_one_sentence(hub, run, tmp_path, capsys):
    hub.status = 403
    assert main(["share", str(run), str(tmp_path / "out"), "--push", NAME]) == 2
    assert "hf auth login" in capsys.readouterr().err


def test_no_such_model(hub):
    with pytest.raises(UserError, match="has no model someone/else"):
        from_pretrained("someone/else")


HOSTILE = {
    "evil.pkl": "holds a pickle",
    "pytorch_model.bin": "holds a pickle",
    "../../../.bashrc": "names a file outside itself",
    "/etc/passwd": "names a file outside itself",
    "..\\up.txt": "names a file outside itself",
}


@pytest.mark.parametrize("file", HOSTILE)
def test_hostile_models_are_refused_before_anything_is_fetched(file, pushed, tmp_path):
    pushed.models[NAME][file] = b"x"
    with pytest.raises(UserError, match=HOSTILE[file]):
        from_pretrained(NAME)
    assert not any("resolve" in asked for asked in pushed.asked)


def test_a_pickle_under_the_name_of_tensors_is_not_opened(pushed, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    content = pickle.dumps(Evil())
    config = json.loads(pushed.models[NAME]["config.json"])
    pushed.models[NAME]["generators.safetensors"] = content
    with pytest.raises(UserError, match="does not have the hash"):
        from_pretrained(NAME)
    import hashlib

    config["shared"]["sha256"] = hashlib.sha256(content).hexdigest()
    pushed.models[NAME]["config.json"] = json.dumps(config).encode()
    with pytest.raises(UserError, match="cannot be read as a generators file"):
        from_pretrained(NAME)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("address", ["hub://one", "hub://a/../b", "hub://a/b/c"])
def test_addresses_that_are_none(address):
    with pytest.raises(UserError, match="is no address on the Hub"):
        load_translator(address)


def test_without_the_extra_one_sentence_before_any_work(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("recyclegan.checkpoint.hub.find_spec", lambda name: None)
    assert main(["share", str(run), str(tmp_path / "out"), "--push", NAME]) == 2
    assert "pip install 'recyclegan[hub]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="recyclegan\\[hub\\]"):
        load_translator(f"hub://{NAME}")
